import { type FileHandle, open } from 'node:fs/promises';
import { type BeaconEvents, beacon } from '../define.ts';
import { checked, isMap, optionsOf, pythonPattern } from './config.ts';

/** Read of a file at one look; the rest comes at the next. */
const MOST_BYTES = 4 << 20;

type Event = BeaconEvents[number];
const event = (tag: string, more: { match?: string; raw?: string; error?: string }): Event => ({
  tag,
  match: 'no',
  raw: '',
  error: '',
  ...more,
});

export default beacon({
  name: 'log',
  doc: 'Tell the lines that are added to a file and match a regular expression from their beginning; each has its tag.',
  example: 'log:\n  - file: /var/log/messages\n  - tags:\n      goodbye/world:\n        regex: .*good-bye.*',
  validate: checked('log', (options) => ('file' in options ? undefined : 'Configuration for log beacon must contain file option.')),
  open: (config) => {
    const { file, tags } = optionsOf(config);
    const tail = new Tail(String(file));
    const patterns: [tag: string, pattern: RegExp][] = [];
    const wrong: string[] = [];
    for (const [tag, wanted] of Object.entries(isMap(tags) ? tags : {})) {
      const regex = isMap(wanted) ? wanted['regex'] : undefined;
      if (regex === undefined || regex === null || regex === '') continue;
      try {
        patterns.push([tag, pythonPattern(String(regex))]);
      } catch {
        wrong.push(tag);
      }
    }
    return {
      collect: async () => {
        const lines = await tail.lines();
        if (lines === undefined) return [];
        const bad = wrong.map((tag) => event(tag, { error: 'bad regex' }));
        const told = lines.flatMap((line) =>
          patterns.filter(([, pattern]) => pattern.test(line)).map(([tag]) => event(tag, { match: 'yes', raw: line })),
        );
        return [...bad, ...told];
      },
    };
  },
});

/** What is added to a file from the first look on; a file that was replaced or cut is read from its beginning. */
class Tail {
  readonly #path: string;
  #at: { ino: number; offset: number } | undefined;
  #begun = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Whole lines that are new; undefined at the first look. */
  async lines(): Promise<string[] | undefined> {
    const handle = await open(this.#path, 'r');
    try {
      const { ino, size } = await handle.stat();
      if (this.#at === undefined) {
        this.#at = { ino, offset: size };
        return undefined;
      }
      if (this.#at.ino !== ino || this.#at.offset > size) {
        this.#at = { ino, offset: 0 };
        this.#begun = Buffer.alloc(0);
      }
      return await this.#more(handle, this.#at, size);
    } finally {
      await handle.close();
    }
  }

  async #more(handle: FileHandle, at: { offset: number }, size: number): Promise<string[]> {
    const buffer = Buffer.alloc(Math.min(MOST_BYTES, size - at.offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at.offset);
    at.offset += bytesRead;
    const text = Buffer.concat([this.#begun, buffer.subarray(0, bytesRead)]);
    const end = text.lastIndexOf(0x0a) + 1;
    this.#begun = text.length - end > MOST_BYTES ? Buffer.alloc(0) : text.subarray(end);
    const lines = text
      .subarray(0, end)
      .toString('utf8')
      .split(/\r\n|\n|\r/);
    return end === 0 ? [] : lines.slice(0, -1);
  }
}
