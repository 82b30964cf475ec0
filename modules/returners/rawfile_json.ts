import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Returnable, returner } from '../define.ts';
import { pythonJson } from './json.ts';

export default returner({
  name: 'rawfile_json',
  doc: 'Appends each result to a file, as one line of JSON.',
  example: 'rawfile_json.filename: /var/log/salt/events',
  options: { filename: { type: 'string', default: '/var/log/salt/events', doc: 'the file' } },
  open({ filename }) {
    /** One write for a batch: with `O_APPEND` the lines of several writers do not mix. */
    const append = async (items: readonly Returnable[]): Promise<void> => {
      const lines = items.map((item) => `${pythonJson(item)}\n`).join('');
      await appendFile(filename, lines).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await mkdir(dirname(filename), { recursive: true });
        await appendFile(filename, lines);
      });
    };
    return {
      send: (results) => append(results.map(({ what }) => what)),
      events: (events) => append(events.map(({ what: { tag, data } }) => ({ data, tag }))),
    };
  },
});
