import { failed, inOrder, type StateCtx, type Verdict } from '../../define.ts';
import { orRefused } from './words.ts';

interface Mask {
  readonly name: string;
  /** Until the next boot only. */
  readonly runtime: boolean;
}

/** A service that cannot (or can) be started, whoever asks. */
export async function mask(ctx: StateCtx, args: Mask, wanted: boolean): Promise<Verdict> {
  if (!(await ctx.has('service.masked')) || ctx.host.which('systemctl') === undefined)
    return failed('Service masking not available on this minion');
  return await orRefused(async () => await look(ctx, args, wanted));
}

async function look(ctx: StateCtx, { name, runtime }: Mask, wanted: boolean): Promise<Verdict> {
  const kind = runtime ? 'runtime masked' : 'masked';
  const done = wanted ? kind : `${runtime ? 'runtime ' : ''}unmasked`;
  const isMasked = async (): Promise<boolean> => (await ctx.call('service.masked', [name, runtime])) === true;
  if ((await isMasked()) === wanted) return inOrder(`Service ${name} ${wanted ? 'is' : 'was'} already ${done}`);
  const changes = { [kind]: { old: !wanted, new: wanted } };
  return {
    predicted: { comment: `Service ${name} would be ${done}`, changes },
    apply: async () =>
      await orRefused(async () => {
        await ctx.call(wanted ? 'service.mask' : 'service.unmask', [name, runtime]);
        if ((await isMasked()) === wanted) return inOrder(`Service ${name} was ${done}`, changes);
        // As in Salt, where this is said and no failure.
        return inOrder(`Failed to ${wanted ? 'mask' : 'unmask'} service ${name}`);
      }),
  };
}
