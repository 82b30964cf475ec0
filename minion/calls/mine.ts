import { type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { guarded, type MineFunction, mineFunctions, unguarded } from '../duties/mine.ts';
import { dockerProxies } from './mine_docker.ts';
import { isTree, isTruthy, type Tree } from './path.ts';
import type { Ports } from './ports.ts';

/** Under which a masterless minion keeps its mine, by the module `data`. */
const LOCAL_KEY = 'mine_cache';

/** Results this minion lets others ask the master for. */
export default function mine(ports: Ports) {
  const isLocal = (): boolean => ports.options()['file_client'] === 'local';
  const tellAll = async (load: Tree): Promise<boolean> => {
    await Promise.all(ports.masters().map((master) => master.ask({ id: ports.id, ...load })));
    return true;
  };
  const kept = async (ctx: Ctx): Promise<Tree> => {
    const found = await ctx.call('data.get', [LOCAL_KEY]);
    return isTree(found) ? found : {};
  };
  const store = async (ctx: Ctx, data: Tree, clear = false): Promise<Returnable> => {
    if (isLocal()) return await ctx.call('data.update', [LOCAL_KEY, clear ? data : { ...(await kept(ctx)), ...data }]);
    return await tellAll({ cmd: '_mine', data, clear });
  };
  /** Undefined when the function is not there or threw; that it reports a failure is a result. */
  const resultOf = async (ctx: Ctx, fun: string, args: readonly Returnable[], kwargs: Tree): Promise<Returnable | undefined> => {
    const keywords = Object.keys(kwargs).length === 0 ? [] : [{ __kwarg__: true, ...kwargs }];
    const { value, available, failure } = await ports.loader().invoke(fun, [...args, ...keywords], { fun, signal: ctx.signal });
    return available && failure === undefined ? value : undefined;
  };
  const configured = async (ctx: Ctx): Promise<MineFunction[]> =>
    mineFunctions(await ctx.call('config.merge', ['mine_functions', {}])) ?? [];

  return execModule({
    name: 'mine',
    doc: 'Results this minion lets others ask the master for.',
    calls: {
      update: call({
        doc: 'Run the functions of mine_functions now and hand in their results.',
        examples: ["tsalt '*' mine.update"],
        args: {
          clear: { type: 'boolean', default: false, doc: 'forget what was handed in before' },
          mine_functions: { type: 'any', doc: 'these functions instead of the configured ones: a list of names, or as in the option' },
        },
        changes: false,
        async run(ctx, { clear, mine_functions }) {
          const functions = isTruthy(mine_functions) ? mineFunctions(mine_functions) : await configured(ctx);
          if (functions === undefined || (functions.length === 0 && !isTruthy(mine_functions))) return null;
          const data: Record<string, Returnable> = Object.create(null);
          for (const { alias, named, args, kwargs, access } of functions) {
            const fun = named ?? alias;
            const value = await resultOf(ctx, fun, args, kwargs);
            if (value === undefined) ctx.log.error(`mine: ${alias} is left out, for ${fun} is not there or failed`);
            else data[alias] = guarded(value, access);
          }
          return await store(ctx, data, clear);
        },
      }),
      send: call({
        doc: 'Run one function and hand in its result.',
        examples: [
          "tsalt '*' mine.send network.ip_addrs eth0",
          "tsalt '*' mine.send ips mine_function=network.ip_addrs interface=eth0 allow_tgt='G@role:db' allow_tgt_type=compound",
        ],
        args: { name: { type: 'string', required: true, doc: 'the function, or the name for it with mine_function' } },
        rest: 'arguments of the function',
        extra: 'arguments of the function; `mine_function`, and `allow_tgt` and `allow_tgt_type` for who may read it',
        changes: false,
        async run(ctx, { name }) {
          const { mine_function: fun, allow_tgt: tgt, allow_tgt_type: kind, ...kwargs } = ownKeywords(ctx.extra);
          const called = typeof fun === 'string' && fun !== '' ? fun : name;
          const value = await resultOf(ctx, called, ctx.rest, kwargs);
          return value === undefined ? false : await store(ctx, { [name]: guarded(value, { tgt, kind }) });
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
        async run(ctx, { tgt, fun, tgt_type, exclude_minion }) {
          if (isLocal()) return (await ctx.call(`match.${tgt_type}`, [tgt])) === true ? ofLocal(await kept(ctx), fun, ports.id) : {};
          const found = await ports.master().ask({ id: ports.id, cmd: '_mine_get', tgt, fun, tgt_type });
          if (!exclude_minion || !isTree(found)) return (found as Returnable) ?? {};
          const { [ports.id]: _own, ...others } = found;
          return others;
        },
      }),
      get_docker: call({
        doc: 'Where the ports of containers are reached, by image, from what minions handed in of docker.ps.',
        examples: ["tsalt '*' mine.get_docker", `tsalt '*' mine.get_docker interfaces='["eth0", "eth1"]' cidrs='192.0.2.0/24'`],
        args: {
          interfaces: { type: 'any', doc: 'only addresses of these interfaces' },
          cidrs: { type: 'any', doc: 'only addresses in these networks' },
          with_container_id: { type: 'boolean', default: false, doc: 'pairs of the place and the id of the container' },
        },
        changes: false,
        run: async (ctx, { interfaces, cidrs, with_container_id }) =>
          dockerProxies(await ctx.call('mine.get', ['*', 'docker.ps']), {
            interfaces: textsOf(interfaces),
            cidrs: textsOf(cidrs),
            withId: with_container_id,
          }),
      }),
      delete: call({
        doc: 'Forget the result of one function.',
        examples: ["tsalt '*' mine.delete network.ip_addrs"],
        args: { fun: { type: 'string', required: true, doc: 'the function' } },
        changes: false,
        async run(ctx, { fun }) {
          if (!isLocal()) return await tellAll({ cmd: '_mine_delete', fun });
          const { [fun]: _gone, ...rest } = await kept(ctx);
          return await store(ctx, rest, true);
        },
      }),
      flush: call({
        doc: 'Forget all results.',
        examples: ["tsalt '*' mine.flush"],
        args: {},
        changes: false,
        run: async (ctx) => (isLocal() ? await store(ctx, {}, true) : await tellAll({ cmd: '_mine_flush' })),
      }),
      valid: call({
        doc: 'The functions of mine_functions that this minion has, with their arguments.',
        examples: ["tsalt '*' mine.valid"],
        args: {},
        changes: false,
        async run(ctx) {
          const functions = await configured(ctx);
          if (functions.length === 0) return null;
          const found: Record<string, Returnable> = Object.create(null);
          for (const { alias, named, args, kwargs, written } of functions) {
            if (!(await ctx.has(named ?? alias))) ctx.log.error(`mine: there is no function ${named ?? alias}`);
            else if (named === undefined) found[alias] = written;
            else found[alias] = { [named]: [...args, ...Object.entries(kwargs).map(([key, value]) => ({ [key]: value }))] };
          }
          return found;
        },
      }),
    },
  });
}

const textsOf = (value: Returnable | undefined): readonly string[] | undefined =>
  isTruthy(value) ? (Array.isArray(value) ? value : [value]).map(String) : undefined;

/** What a masterless minion kept: by minion, for several functions by function and minion. */
function ofLocal(kept: Tree, fun: Returnable, id: string): Tree {
  const several = Array.isArray(fun) || (typeof fun === 'string' && fun.includes(','));
  const found: Record<string, Returnable> = Object.create(null);
  for (const name of Array.isArray(fun) ? fun.map(String) : String(fun).split(',')) {
    const value = kept[name];
    if (value === undefined) continue;
    if (several) found[name] = { [id]: unguarded(value) };
    else found[id] = unguarded(value);
  }
  return found;
}

const ownKeywords = (extra: Tree): { [key: string]: Returnable } =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__')));
