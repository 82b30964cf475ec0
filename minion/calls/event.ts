import { call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { isTree, type Tree } from './path.ts';
import type { Ports } from './ports.ts';

const TAG = { type: 'string', required: true, doc: 'the tag, such as myco/deploy/done' } as const;
const SHARE = (what: string) => ({ type: 'any', default: false, doc: `add ${what}: True for all, a list for some` }) as const;

/** Events on the bus of the masters. */
export default function event(ports: Ports) {
  const fire = async (tag: string, data: Returnable, more: Tree, warn: (text: string) => void): Promise<boolean> => {
    const masters = ports.masters();
    if (masters.length === 0) {
      warn(`no master is joined: the event ${tag} is not sent`);
      return false;
    }
    const sent = await Promise.allSettled(
      masters.map((master) => master.ask({ cmd: '_minion_event', id: ports.id, tag, data, pretag: null, ...more })),
    );
    for (const one of sent) if (one.status === 'rejected') warn(`the event ${tag} was not sent: ${messageOf(one.reason)}`);
    return sent.some(({ status }) => status === 'fulfilled');
  };

  return execModule({
    name: 'event',
    doc: "Events on the masters' bus.",
    calls: {
      send: call({
        doc: 'Fire an event on the bus of the masters, with data of keyword arguments.',
        examples: ["tsalt '*' event.send myco/deploy/done version=1.2"],
        args: {
          tag: TAG,
          data: { type: 'any', doc: 'a map; it wins over all below' },
          preload: { type: 'any', doc: 'a map added to the request itself' },
          with_env: SHARE('environment variables'),
          with_grains: SHARE('grains'),
          with_pillar: SHARE('pillar values'),
          with_env_opts: { type: 'boolean', default: false, doc: 'add saltenv and pillarenv' },
        },
        extra: 'the data',
        changes: false,
        async run(ctx, args) {
          const data: Record<string, Returnable> = {};
          const environment = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
          if (args.with_env) data['environ'] = chosen(args.with_env, environment);
          if (args.with_grains) data['grains'] = chosen(args.with_grains, ports.grains.items);
          if (args.with_pillar) data['pillar'] = chosen(args.with_pillar, ports.pillar.items);
          if (args.with_env_opts)
            Object.assign(data, { saltenv: ports.options()['saltenv'] ?? 'base', pillarenv: ports.options()['pillarenv'] ?? null });
          for (const [name, value] of Object.entries(ctx.extra)) if (!name.startsWith('__pub_')) data[name] = value;
          if (isTree(args.data)) Object.assign(data, args.data);
          return await fire(args.tag, data, isTree(args.preload) ? args.preload : {}, ctx.log.warn);
        },
      }),
      fire_master: call({
        doc: 'Fire an event on the bus of the masters.',
        examples: [`tsalt '*' event.fire_master '{"version": "1.2"}' myco/deploy/done`],
        args: {
          data: { type: 'any', required: true, doc: 'the data' },
          tag: TAG,
          preload: { type: 'any', doc: 'a map added to the request itself' },
        },
        changes: false,
        run: (ctx, args) => fire(args.tag, args.data, isTree(args.preload) ? args.preload : {}, ctx.log.warn),
      }),
      fire: call({
        doc: "Fire an event on the minion's own bus; only what the minion itself waits for (refreshes) is heard.",
        examples: [`tsalt '*' event.fire '{}' pillar_refresh`],
        args: { data: { type: 'any', required: true, doc: 'the data' }, tag: TAG },
        changes: false,
        async run(ctx, { tag }) {
          const heard: Readonly<Record<string, string>> = {
            pillar_refresh: 'saltutil.refresh_pillar',
            module_refresh: 'saltutil.refresh_modules',
            grains_refresh: 'saltutil.refresh_grains',
          };
          const fun = heard[tag];
          if (fun !== undefined) await ctx.call(fun);
          return true;
        },
      }),
    },
  });
}

function chosen(wish: Returnable, from: Tree): Tree {
  if (!Array.isArray(wish)) return { ...from };
  return Object.fromEntries(wish.map(String).flatMap((name) => (name in from ? [[name, from[name] ?? null]] : [])));
}
