import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { argList } from './arg_list.ts';
import { isTree } from './path.ts';
import type { Ports } from './ports.ts';

const ARGS = {
  tgt: { type: 'any', required: true, doc: 'which minions' },
  fun: { type: 'string', required: true, doc: 'the function' },
  arg: { type: 'any', doc: 'its argument, or a list of them' },
  tgt_type: { type: 'string', default: 'glob', doc: 'how tgt is meant' },
  returner: { type: 'string', default: '', doc: 'returners of the minions' },
  timeout: { type: 'number', default: 5, doc: 'seconds to wait for answers' },
} as const;
interface Wish {
  readonly tgt: Returnable;
  readonly fun: string;
  readonly arg?: Returnable | undefined;
  readonly tgt_type: string;
  readonly returner: string;
  readonly timeout: number;
}
const LOOK_MS = 300;

/** Jobs this minion asks the master to publish, where the master's `peer` option allows it. */
export default function publish(ports: Ports) {
  const isAlone = (): boolean => ports.masters().length === 0;
  const run = async (ctx: Ctx, wish: Wish): Promise<{ readonly [minion: string]: Returnable }> => {
    if (wish.fun.startsWith('publish.') || isAlone()) return {};
    const master = ports.master();
    const published = await master.ask({
      cmd: 'minion_pub',
      id: ports.id,
      fun: wish.fun,
      arg: argList(wish.arg),
      tgt: wish.tgt,
      tgt_type: wish.tgt_type,
      ret: wish.returner,
      tmo: wish.timeout,
      form: 'full',
      no_parse: [],
    });
    if (!isTree(published)) return {};
    const expected = Array.isArray(published['minions']) ? published['minions'].length : 0;
    const end = Date.now() + wish.timeout * 1000;
    for (;;) {
      const answer = await master.ask({ cmd: 'pub_ret', id: ports.id, jid: published['jid'] });
      const found = isTree(answer) ? answer : {};
      if (Object.keys(found).length >= expected || Date.now() >= end) return found;
      await sleep(LOOK_MS, undefined, { signal: ctx.signal });
    }
  };

  return execModule({
    name: 'publish',
    doc: 'Jobs this minion asks the master to publish.',
    calls: {
      publish: call({
        doc: 'Run a function on other minions; answers their results, by minion.',
        examples: ["tsalt web1 publish.publish '*' test.ping"],
        args: { ...ARGS, via_master: { type: 'string', doc: 'accepted for compatibility' } },
        changes: true,
        async run(ctx, args) {
          const found = Object.entries(await run(ctx, args));
          return Object.fromEntries(found.map(([minion, answer]) => [minion, isTree(answer) ? (answer['ret'] ?? null) : answer]));
        },
      }),
      full_data: call({
        doc: 'Run a function on other minions; answers all they return, by minion.',
        examples: ["tsalt web1 publish.full_data '*' test.ping"],
        args: ARGS,
        changes: true,
        run: (ctx, args) => run(ctx, args),
      }),
      runner: call({
        doc: "Run a function of the master, where the master's `peer_run` option allows it.",
        examples: ['tsalt web1 publish.runner manage.down'],
        args: { fun: ARGS.fun, arg: ARGS.arg, timeout: ARGS.timeout },
        changes: true,
        async run(_ctx, { fun, arg, timeout }) {
          if (isAlone()) return 'No access to master. If using salt-call with --local, please remove.';
          const load = { cmd: 'minion_runner', id: ports.id, fun, arg: argList(arg), tmo: timeout, no_parse: [] };
          const answer = await ports.master().ask(load, { timeoutMs: Math.max(timeout, 1) * 1000 + 5000, tries: 1 });
          if (answer === undefined) throw new CommandFailed(`'${fun}' runner publish timed out`);
          return answer as Returnable;
        },
      }),
    },
  });
}
