import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, type Returnable } from '../../../modules/define.ts';
import { decode, encode } from '../../../protocol/wire/msgpack.ts';
import { isTree } from '../path.ts';
import type { Ports } from '../ports.ts';

const ALL = '__all__';
const JID = { type: 'any', required: true, doc: 'the job of the state run' } as const;
const STATE = { type: 'string', doc: 'the id before which it stops; before the next one unless told' } as const;
/** Where a state run stops: by id, for how many seconds, or for good. */
type Stops = Record<string, { duration?: number; kill?: boolean }>;

/** Stops of state runs, as files by job in the cache: where Salt keeps them. */
export class PauseFiles {
  readonly #folder: string;
  constructor(cachedir: string) {
    this.#folder = join(cachedir, 'state_pause');
  }

  async jobs(): Promise<string[]> {
    return await readdir(this.#folder).catch(() => []);
  }

  async read(jid: string): Promise<Stops | undefined> {
    try {
      const kept = decode(await readFile(join(this.#folder, jid)));
      return isTree(kept) ? ({ ...kept } as Stops) : {};
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write(jid: string, stops: Stops): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, jid), encode(stops));
  }

  async drop(jid: string): Promise<void> {
    await rm(join(this.#folder, jid), { force: true });
  }
}

/** `state.pause`, `resume`, `soft_kill` and `get_pauses`: stops in state runs that are under way. */
export function pausing(ports: Ports) {
  const files = new PauseFiles(ports.paths.cachedir);
  const alter = async (given: Returnable, change: (stops: Stops) => Stops): Promise<null> => {
    const jid = jidOf(given);
    await files.write(jid, change((await files.read(jid)) ?? {}));
    return null;
  };
  return {
    pause: call({
      doc: 'Let a state run stop before an id, for some seconds or until it is resumed.',
      examples: ["tsalt '*' state.pause 20171130110407769519 vim 20"],
      args: { jid: JID, state_id: STATE, duration: { type: 'number', doc: 'seconds' } },
      changes: true,
      run: async (_ctx, { jid, state_id = ALL, duration }) =>
        await alter(jid, (stops) => ({ ...stops, [state_id]: duration === undefined ? {} : { duration: Math.trunc(duration) } })),
    }),
    resume: call({
      doc: 'Let a state run go on that was stopped.',
      examples: ["tsalt '*' state.resume 20171130110407769519 vim"],
      args: { jid: JID, state_id: STATE },
      changes: true,
      run: async (_ctx, { jid, state_id = ALL }) =>
        await alter(jid, ({ [state_id]: _gone, ...others }) => (state_id === ALL ? {} : others)),
    }),
    soft_kill: call({
      doc: 'Let a state run end before an id.',
      examples: ["tsalt '*' state.soft_kill 20171130110407769519 vim"],
      args: { jid: JID, state_id: STATE },
      changes: true,
      run: async (_ctx, { jid, state_id = ALL }) =>
        await alter(jid, (stops) => ({ ...stops, [state_id]: { ...stops[state_id], kill: true } })),
    }),
    get_pauses: call({
      doc: 'The stops of state runs that are under way; those of others are forgotten.',
      examples: ["tsalt '*' state.get_pauses"],
      args: { jid: { type: 'any', doc: 'a job, or a list of jobs' } },
      changes: true,
      async run(_ctx, { jid }) {
        const active = new Set(ports.jobs.all().map(({ job }) => String(job.jid)));
        const found: Record<string, Returnable> = {};
        for (const one of jid === undefined ? await files.jobs() : [jid].flat().map(jidOf)) {
          if (active.has(one)) found[one] = ((await files.read(one)) ?? {}) as Returnable;
          else await files.drop(one);
        }
        return found;
      },
    }),
  };
}

/** A job is named by digits; nothing else becomes a file name. */
const jidOf = (given: Returnable): string => String(given).replace(/\D/g, '');
