import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, foreseen, inOrder, isPlan, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import type { RUNNING } from './args.ts';
import { boot, booted } from './boot.ts';
import { mask } from './mask.ts';
import { isAvailable, isOn, notYet, orRefused, pause, picked, UNIT_OPTIONS, unavailable } from './words.ts';

type Args = ArgsOf<typeof RUNNING>;

/** What running and dead have in common, but for the words. */
interface Way {
  readonly run: boolean;
  readonly call: 'service.start' | 'service.stop';
  readonly options: readonly string[];
  readonly already: (name: string) => string;
  readonly foreseen: (name: string) => string;
  readonly done: (name: string) => string;
  readonly failed: (name: string) => string;
}
const START: Way = {
  run: true,
  call: 'service.start',
  options: UNIT_OPTIONS,
  already: (name) => `The service ${name} is already running`,
  foreseen: (name) => `Service ${name} is set to start`,
  done: (name) => `Started service ${name}`,
  failed: (name) => `Service ${name} failed to start`,
};
const STOP: Way = {
  run: false,
  call: 'service.stop',
  options: ['no_block'],
  already: (name) => `The service ${name} is already dead`,
  foreseen: (name) => `Service ${name} is set to be killed`,
  done: (name) => `Service ${name} was killed`,
  failed: (name) => `Service ${name} failed to die`,
};

/** The service as it was found. */
interface Before {
  readonly runs: boolean;
  readonly enabled: boolean;
  readonly unmask: Verdict | undefined;
}

/** A service that runs. */
export const running = async (ctx: StateCtx, args: Args): Promise<Verdict> => await settle(ctx, args, START);
/** A service that does not run. */
export const dead = async (ctx: StateCtx, args: Args): Promise<Verdict> => await settle(ctx, args, STOP);

async function settle(ctx: StateCtx, args: Args, way: Way): Promise<Verdict> {
  const { name } = args;
  if ('enabled' in ctx.extra) return failed(`Service ${name} uses non-existent option "enabled".  Perhaps "enable" option was intended?`);
  if ((await ctx.has('service.offline')) && (await ctx.call('service.offline')) === true)
    return inOrder('Running in OFFLINE mode. Nothing to do');
  const available = await orRefused(async () => await isAvailable(ctx, name));
  if (typeof available !== 'boolean') return available;
  if (!available) return absent(name, way);
  const before = {
    runs: await isRunning(ctx, args, way),
    enabled: await isEnabled(ctx, name),
    unmask: way.run && args.unmask ? await mask(ctx, { name, runtime: Boolean(args.unmask_runtime) }, false) : undefined,
  };
  return before.runs === way.run ? await already(ctx, args, way, before) : change(ctx, args, way, before);
}

function absent(name: string, { run }: Way): Verdict {
  const outcome = { result: !run, comment: unavailable(name), changes: {} };
  return {
    predicted: { comment: notYet(name, run ? 'started' : 'stopped'), changes: {} },
    apply: async () => outcome,
  };
}

/** What to look for among the processes counts before and after a start, but only before a stop. */
const isRunning = async (ctx: StateCtx, { name, sig }: Args, { run }: Way, after = false): Promise<boolean> =>
  (await ctx.call('service.status', (after && !run) || sig === undefined ? [name] : [name, sig])) === true;
const isEnabled = async (ctx: StateCtx, name: string): Promise<boolean> => (await ctx.call('service.enabled', [name])) === true;

/** With what unmasking said or would say. */
const lines = (...texts: readonly string[]): string => texts.filter((text) => text !== '').join('\n');
const would = (verdict: Verdict | undefined): string =>
  verdict === undefined ? '' : (isPlan(verdict) ? foreseen(verdict) : verdict).comment;
const carryOut = async (verdict: Verdict | undefined): Promise<string> =>
  verdict === undefined ? '' : (isPlan(verdict) ? await verdict.apply() : verdict).comment;

const bootOf = (ctx: StateCtx, args: Args) => {
  const enable = isOn(args.enable);
  return enable !== true && enable !== false
    ? undefined
    : { name: args.name, enable, options: { ...ctx.extra, ...picked(args, UNIT_OPTIONS) } };
};

async function already(ctx: StateCtx, args: Args, way: Way, before: Before): Promise<Verdict> {
  const wanted = bootOf(ctx, args);
  if (wanted !== undefined && wanted.enable !== before.enabled) {
    const verdict = await boot(ctx, { ...wanted, started: null });
    const apply = async (): Promise<Outcome> => {
      await carryOut(before.unmask);
      return { changes: {}, ...('apply' in verdict ? await verdict.apply() : verdict) };
    };
    return { predicted: { changes: {}, ...('apply' in verdict ? verdict.predicted : verdict) }, apply };
  }
  const comment = (unmasking: string): string => lines(way.already(args.name), unmasking);
  if (before.unmask === undefined) return inOrder(comment(''));
  return {
    predicted: { ...inOrder(comment(would(before.unmask))) },
    apply: async () => inOrder(comment(await carryOut(before.unmask))),
  };
}

function change(ctx: StateCtx, args: Args, way: Way, before: Before): Verdict {
  return {
    predicted: { comment: lines(way.foreseen(args.name), would(before.unmask)), changes: {} },
    apply: async () => {
      const unmasked = await carryOut(before.unmask);
      const options = picked(args, way.options);
      const act = async () => (await ctx.call(way.call, [args.name], options)) === true;
      // That a service cannot be stopped is no answer but an exception in Salt, too.
      const done = way.run ? await orRefused(act) : await act();
      if (typeof done !== 'boolean') return done;
      if (!done) return await withBoot(ctx, args, failed(way.failed(args.name)), !way.run, false);
      const outcome = await after(ctx, args, way, before);
      return { ...outcome, comment: args.unmask && way.run ? `${outcome.comment}\n${unmasked}` : outcome.comment };
    },
  };
}

async function after(ctx: StateCtx, args: Args, way: Way, before: Before): Promise<Outcome> {
  const { name, init_delay: delay } = args;
  await pause(ctx, delay);
  const runs = await isRunning(ctx, args, way, true);
  const changed = runs !== before.runs || (await isEnabled(ctx, name)) !== before.enabled;
  const result = runs === way.run;
  const outcome = { result, comment: (result ? way.done : way.failed)(name), changes: changed ? { [name]: runs } : {} };
  const booted = await withBoot(ctx, args, outcome, runs, result);
  return delay && way.run ? { ...booted, comment: `${booted.comment}\nDelayed return for ${delay} seconds` } : booted;
}

/** What was done, and then whether the service starts with the machine. */
async function withBoot(ctx: StateCtx, args: Args, outcome: Outcome, started: Returnable, result: boolean): Promise<Outcome> {
  const wanted = bootOf(ctx, args);
  return wanted === undefined ? outcome : { ...outcome, ...(await booted(ctx, { ...wanted, started: started === true, result })) };
}
