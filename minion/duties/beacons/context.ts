import type { Others } from '../../../kernel/loader/callable.ts';
import type { Loader } from '../../../kernel/loader/registry.ts';
import { createSpawn } from '../../../kernel/loader/spawn.ts';
import { type BeaconCtx, CommandFailed, type Host, type Log, type Returnable } from '../../../modules/define.ts';

/** What beacons see of the minion. */
export interface BeaconView {
  readonly id: string;
  readonly host: Host;
  readonly grains: () => Readonly<Record<string, Returnable>>;
  readonly loader: () => Loader;
  readonly log: Log;
}

/** Makes what a beacon may touch; its calls and programs end with `signal`. */
export const beaconContext =
  (view: BeaconView) =>
  (signal: AbortSignal): BeaconCtx => ({
    id: view.id,
    host: view.host,
    grains: view.grains(),
    signal,
    log: view.log,
    call: (fun, args = [], kwargs = {}) => invoke(view.loader(), fun, args, kwargs, signal),
    has: (fun) => view.loader().has(fun),
    spawn: createSpawn({ signal, log: view.log }),
  });

/** The functions of the minion, for beacons in other languages. */
export const beaconFunctions = (loader: () => Loader): Others => ({
  call: (fun, given, run) =>
    invoke(loader(), fun, given.positional as readonly Returnable[], Object.fromEntries(given.keywords), run.job.signal),
  has: (fun) => loader().has(fun),
  own: (fun) => loader().builtins.own(fun),
  names: () => loader().functions(),
});

async function invoke(
  loader: Loader,
  fun: string,
  args: readonly Returnable[],
  kwargs: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Returnable> {
  const keywords = Object.keys(kwargs).length === 0 ? [] : [{ __kwarg__: true, ...kwargs }];
  const { success, value } = await loader.invoke(fun, [...args, ...keywords], { fun, signal });
  if (!success) throw new CommandFailed(typeof value === 'string' ? value : `${fun} failed`);
  return value as Returnable;
}
