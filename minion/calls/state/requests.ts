import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ctx, call, type Returnable } from '../../../modules/define.ts';
import { decode, encode } from '../../../protocol/wire/msgpack.ts';
import { isTree, type Tree } from '../path.ts';
import type { Ports } from '../ports.ts';

const NAME = { type: 'string', default: 'default', doc: 'the name of the request' } as const;
type Requests = Record<string, Returnable>;

/**
 * State runs that were asked for, for the local administrator to grant: `state.request`, `check_request`,
 * `clear_request`, `run_request`. They lie where Salt keeps them, in `req_state.p` of the cache.
 */
export function requesting(ports: Ports) {
  const path = (): string => join(ports.paths.cachedir, 'req_state.p');
  const apply = async (ctx: Ctx, mods: Returnable, kwargs: Tree): Promise<Returnable> =>
    await ctx.call('state.apply', mods === null ? [] : [mods], kwargs as Readonly<Record<string, Returnable>>);

  const read = async (): Promise<Requests> => {
    try {
      const kept = decode(await readFile(path()));
      return isTree(kept) ? { ...(kept as Requests) } : {};
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
  };
  const write = async (requests: Requests): Promise<void> => await writeFile(path(), encode(requests), { mode: 0o600 });

  return {
    request: call({
      doc: 'Ask the local administrator for a state run; answers what it would change.',
      examples: ["tsalt '*' state.request nginx"],
      args: { mods: { type: 'any', doc: 'names of SLS: a list, or text with commas' } },
      extra: 'as of `state.apply`, and `name`, the name of the request',
      changes: false,
      async run(ctx, { mods }) {
        const { name, ...given } = ownOf(ctx.extra);
        const kwargs = { ...given, test: true };
        const tried = await apply(ctx, mods ?? null, kwargs);
        const kept = { ...kwargs, ...(name === undefined ? {} : { name }) };
        await write({ ...(await read()), [String(name ?? 'default')]: { test_run: tried, mods: mods ?? null, kwargs: kept } });
        return tried;
      },
    }),
    check_request: call({
      doc: 'The state runs that were asked for.',
      examples: ["tsalt '*' state.check_request"],
      args: { name: { type: 'string', doc: 'one of them' } },
      changes: false,
      async run(_ctx, { name }) {
        const requests = await read();
        if (name === undefined) return requests;
        const found = requests[name];
        if (found === undefined) throw new KeyError(`'${name}'`);
        return found;
      },
    }),
    clear_request: call({
      doc: 'Forget state runs that were asked for; False if there is none of that name.',
      examples: ["tsalt '*' state.clear_request"],
      args: { name: { type: 'string', doc: 'one of them' } },
      changes: true,
      async run(_ctx, { name }) {
        const requests = await read();
        if (Object.keys(requests).length === 0) return true;
        if (name === undefined) {
          await rm(path(), { force: true });
          return true;
        }
        if (!Object.hasOwn(requests, name)) return false;
        delete requests[name];
        await write(requests);
        return true;
      },
    }),
    run_request: call({
      doc: 'Grant a state run that was asked for.',
      examples: ['tsalt-call state.run_request'],
      args: { name: NAME },
      extra: 'over those of the request',
      changes: true,
      out: 'highstate',
      async run(ctx, { name }) {
        const wanted = (await read())[name];
        if (!isTree(wanted)) return {};
        const { test: _tried, name: _name, ...kwargs } = { ...(wanted['kwargs'] as Tree), ...ownOf(ctx.extra) };
        const done = await apply(ctx, wanted['mods'] as Returnable, kwargs);
        await rm(path(), { force: true });
        return done;
      },
    }),
  };
}

/** As Python names a key that is not there. */
class KeyError extends Error {
  override readonly name = 'KeyError';
}

const ownOf = (extra: Readonly<Record<string, Returnable>>): Record<string, Returnable> =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__')));
