import { call, execModule, type Returnable } from '../../modules/define.ts';
import { mineFunctions } from '../duties/mine.ts';
import { isTree } from './path.ts';
import type { Ports } from './ports.ts';

/** Results this minion lets others ask the master for. */
export default function mine(ports: Ports) {
  const store = async (data: { readonly [name: string]: Returnable }, clear = false): Promise<boolean> => {
    await Promise.all(ports.masters().map((master) => master.ask({ cmd: '_mine', id: ports.id, data, clear })));
    return true;
  };
  const ask = async (load: { readonly [field: string]: unknown }): Promise<Returnable> =>
    (await ports.master().ask({ id: ports.id, ...load })) as Returnable;

  return execModule({
    name: 'mine',
    doc: 'Results this minion lets others ask the master for.',
    calls: {
      update: call({
        doc: 'Run the functions of mine_functions now and hand in their results.',
        examples: ["tsalt '*' mine.update"],
        args: {
          clear: { type: 'boolean', default: false, doc: 'forget what was handed in before' },
          mine_functions: { type: 'any', doc: 'these functions instead of the configured ones' },
        },
        changes: false,
        async run(ctx, { clear, mine_functions }) {
          const wanted = mine_functions ?? (await ctx.call('config.merge', ['mine_functions', {}]));
          const functions = mineFunctions(wanted);
          if (functions.length === 0) return null;
          const data: Record<string, Returnable> = {};
          for (const { alias, fun, args } of functions) {
            const outcome = await ports.loader().invoke(fun, args, { fun, signal: ctx.signal });
            if (outcome.success) data[alias] = outcome.value;
            else ctx.log.warn(`mine: ${alias} is left out, for ${fun} failed`);
          }
          return await store(data, clear);
        },
      }),
      send: call({
        doc: 'Run one function and hand in its result.',
        examples: ["tsalt '*' mine.send network.ip_addrs eth0", "tsalt '*' mine.send ips mine_function=network.ip_addrs eth0"],
        args: { name: { type: 'string', required: true, doc: 'the function, or the name for it with mine_function' } },
        rest: 'arguments of the function',
        extra: 'arguments of the function; `mine_function`',
        changes: false,
        async run(ctx, { name }) {
          const { mine_function: fun, allow_tgt: _tgt, allow_tgt_type: _type, ...named } = ownKeywords(ctx.extra);
          const called = typeof fun === 'string' ? fun : name;
          const keywords = Object.keys(named).length === 0 ? [] : [{ __kwarg__: true, ...named }];
          const outcome = await ports.loader().invoke(called, [...ctx.rest, ...keywords], { fun: called, signal: ctx.signal });
          return outcome.success ? await store({ [name]: outcome.value }) : false;
        },
      }),
      get: call({
        doc: 'What minions handed in, by minion.',
        examples: ["tsalt '*' mine.get '*' network.ip_addrs", "tsalt '*' mine.get 'os:Debian' grains.items tgt_type=grain"],
        args: {
          tgt: { type: 'any', required: true, doc: 'which minions' },
          fun: { type: 'any', required: true, doc: 'the function, or several: a list or comma separated' },
          tgt_type: { type: 'string', default: 'glob', doc: 'how tgt is meant' },
          exclude_minion: { type: 'boolean', default: false, doc: 'leave out the minion that asks' },
        },
        changes: false,
        async run(_ctx, { tgt, fun, tgt_type, exclude_minion }) {
          const found = await ask({ cmd: '_mine_get', tgt, fun, tgt_type });
          if (!exclude_minion || !isTree(found)) return found ?? {};
          const { [ports.id]: _own, ...others } = found;
          return others;
        },
      }),
      delete: call({
        doc: 'Forget the result of one function.',
        examples: ["tsalt '*' mine.delete network.ip_addrs"],
        args: { fun: { type: 'string', required: true, doc: 'the function' } },
        changes: false,
        run: (_ctx, { fun }) => ask({ cmd: '_mine_delete', fun }),
      }),
      flush: call({
        doc: 'Forget all results.',
        examples: ["tsalt '*' mine.flush"],
        args: {},
        changes: false,
        run: () => ask({ cmd: '_mine_flush' }),
      }),
      valid: call({
        doc: 'The functions of mine_functions that this minion has, with their arguments.',
        examples: ["tsalt '*' mine.valid"],
        args: {},
        changes: false,
        async run(ctx) {
          const found: Record<string, Returnable> = {};
          for (const { alias, fun, args } of mineFunctions(await ctx.call('config.merge', ['mine_functions', {}]))) {
            if (!(await ctx.has(fun))) continue;
            found[alias] = alias === fun ? [...(args as Returnable[])] : { [fun]: [...(args as Returnable[])] };
          }
          return found;
        },
      }),
    },
  });
}

const ownKeywords = (extra: { readonly [key: string]: Returnable }): { [key: string]: Returnable } =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__pub_')));
