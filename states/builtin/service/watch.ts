import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { orRefused, pause, picked, UNIT_OPTIONS } from './words.ts';

type Args = Readonly<Record<string, Returnable>>;
interface Action {
  readonly call: string;
  readonly verb: string;
  readonly done: string;
}

/** What it does when something it watches has changed: it is restarted or reloaded, or stopped. */
export async function watch(ctx: StateCtx, args: Args, fun: string): Promise<Outcome> {
  const name = String(args['name']);
  if (fun !== 'dead' && fun !== 'running') return failed(`Unable to trigger watch for service.${fun}`);
  const runs = (await ctx.call('service.status', [name, args['sig'] ?? null])) === true;
  if (fun === 'dead' && !runs) return inOrder('Service is already stopped');
  const action = fun === 'dead' ? { call: 'stop', verb: 'stop', done: 'stopped' } : await actionOf(ctx, { ...ctx.extra, ...args }, runs);
  if (ctx.testing) return { result: null, comment: `Service is set to be ${action.done}`, changes: {} };
  return await act(ctx, name, args, action);
}

async function actionOf(ctx: StateCtx, args: Args, runs: boolean): Promise<Action> {
  const action = (call: string, verb = call): Action => ({ call, verb, done: `${verb}ed` });
  const can = async (option: string, call: string): Promise<boolean> => Boolean(args[option]) && (await ctx.has(`service.${call}`));
  if (!runs) return action('start');
  if (await can('reload', 'reload'))
    return (await can('force', 'force_reload')) ? action('force_reload', 'forcefully reload') : action('reload');
  return (await can('full_restart', 'full_restart')) ? action('full_restart', 'fully restart') : action('restart');
}

async function act(ctx: StateCtx, name: string, args: Args, { call, verb, done }: Action): Promise<Outcome> {
  // Of a service that is told not to run there may be remains.
  if (call === 'start') await ctx.call('service.stop', [name]);
  const options = picked(args, call === 'stop' ? ['no_block'] : UNIT_OPTIONS);
  return await orRefused(async () => {
    const result = (await ctx.call(`service.${call}`, [name], options)) === true;
    await pause(ctx, Number(args['init_delay'] ?? 0));
    return { result, comment: result ? `Service ${done}` : `Failed to ${verb} the service`, changes: { [name]: result } };
  });
}
