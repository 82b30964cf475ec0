import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type BeaconEvents, beacon } from '../define.ts';
import { checked, isMap, optionsOf } from './config.ts';

export default beacon({
  name: 'ps',
  doc: 'Tell which processes run (running), do not run (stopped), or are missing (any other word).',
  example: 'ps:\n  - processes:\n      salt-master: running\n      mysql: stopped',
  validate: checked('ps', (options) => {
    if (!('processes' in options)) return 'Configuration for ps beacon requires processes.';
    return isMap(options['processes']) ? undefined : 'Processes for ps beacon must be a dictionary.';
  }),
  open: (config) => ({
    collect: async () => {
      const wanted = optionsOf(config)['processes'];
      const names = await processNames();
      const events = Object.entries(isMap(wanted) ? wanted : {}).map(([name, state]): BeaconEvents => {
        const runs = names.has(name);
        if (state === 'running') return runs ? [{ [name]: 'Running' }] : [];
        if (runs) return [];
        return [{ [name]: state === 'stopped' ? 'Stopped' : false }];
      });
      return events.flat();
    },
  }),
});

/** The kernel cuts names at 15 letters; the rest is in the command line (as psutil reads them). */
async function processNames(): Promise<ReadonlySet<string>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(pids.map(nameOf));
  return new Set(names.filter((name) => name !== undefined));
}

async function nameOf(pid: string): Promise<string | undefined> {
  try {
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trimEnd();
    if (name.length < 15) return name;
    const program = basename((await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')[0] ?? '');
    return program.startsWith(name) ? program : name;
  } catch {
    return undefined; // it has ended meanwhile
  }
}
