import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, execModule } from '../define.ts';

const ARGS = {
  suffix: { type: 'string', default: '', doc: 'how the name ends' },
  prefix: { type: 'string', default: 'tmp', doc: 'how it begins' },
  parent: { type: 'string', doc: 'the directory it lies in' },
} as const;
interface Name {
  readonly suffix: string;
  readonly prefix: string;
  readonly parent?: string | undefined;
}

/** Tries names until one is free. */
const make = async ({ suffix, prefix, parent }: Name, create: (place: string) => Promise<unknown>): Promise<string> => {
  for (;;) {
    const place = join(parent ?? tmpdir(), `${prefix}${randomBytes(6).toString('hex').slice(0, 8)}${suffix}`);
    try {
      await create(place);
      return place;
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
    }
  }
};

export default execModule({
  name: 'temp',
  doc: 'Files and directories for a short time.',
  calls: {
    dir: call({
      doc: 'Make a directory that only the minion may enter; answers its path.',
      examples: ["tsalt '*' temp.dir", "tsalt '*' temp.dir prefix=mytemp- parent=/var/run/"],
      args: ARGS,
      changes: true,
      run: (_ctx, args) => make(args, (place) => mkdir(place, 0o700)),
    }),
    file: call({
      doc: 'Make an empty file that only the minion may read; answers its path.',
      examples: ["tsalt '*' temp.file", "tsalt '*' temp.file prefix=mytemp- parent=/var/run/"],
      args: ARGS,
      changes: true,
      run: (_ctx, args) => make(args, async (place) => (await open(place, 'wx', 0o600)).close()),
    }),
  },
});
