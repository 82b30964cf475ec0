import type { Returnable } from '../../../modules/define.ts';
import type { Changes, Outcome, Plan, StateCtx } from '../../define.ts';
import { isAvailable, orRefused, unavailable } from './words.ts';

/** Whether the service starts with the machine, and what to say of it meanwhile. */
export interface Boot {
  readonly name: string;
  readonly enable: boolean;
  /** Whether it runs now; null where that is not looked at. */
  readonly started: boolean | null;
  /** What all ends with if nothing is wrong here. */
  readonly result?: boolean;
  readonly options: Readonly<Record<string, Returnable>>;
}
/** Without changes where those made before stand. */
export type Booted = Omit<Outcome, 'changes'> & { readonly changes?: Changes };
interface BootPlan extends Omit<Plan, 'apply'> {
  apply(): Promise<Booted>;
}

const AFTER = {
  true: { settled: 'and is running', enable: 'but the service is running', disable: 'and is running' },
  null: {
    settled: 'and is in the desired state',
    enable: 'but the service was already running',
    disable: 'but the service was already running',
  },
  false: { settled: 'and is dead', enable: 'and the service is dead', disable: 'and the service is dead' },
} as const;
const after = ({ started }: Boot) => AFTER[`${started}`];

/** Looks whether a service is enabled (or disabled) as it should be. */
export async function boot(ctx: StateCtx, wanted: Boot): Promise<Booted | BootPlan> {
  const { name, enable, options, result = true } = wanted;
  const available = await orRefused(async () => await isAvailable(ctx, name));
  if (typeof available !== 'boolean') return available;
  if (!available) return { result: !enable, comment: unavailable(name) };
  if (await isSet(ctx, wanted)) {
    const comment = `Service ${name} is already ${enable ? 'enabled' : 'disabled'}, ${after(wanted).settled}`;
    return { result, comment, ...(wanted.started === null ? { changes: {} } : {}) };
  }
  return {
    predicted: { comment: `Service ${name} set to be ${enable ? 'enabled' : 'disabled'}`, changes: {} },
    apply: async () => await (enable ? enableIt(ctx, wanted, options) : disableIt(ctx, wanted)),
  };
}

/** The same, carried out. */
export async function booted(ctx: StateCtx, wanted: Boot): Promise<Booted> {
  const verdict = await boot(ctx, wanted);
  return 'apply' in verdict ? await verdict.apply() : verdict;
}

const isSet = async (ctx: StateCtx, { name, enable, options }: Boot): Promise<boolean> =>
  (await (enable ? ctx.call('service.enabled', [name], options) : ctx.call('service.disabled', [name]))) === true;

async function enableIt(ctx: StateCtx, wanted: Boot, options: Boot['options']): Promise<Booted> {
  const done = await orRefused(async () => (await ctx.call('service.enable', [wanted.name], options)) === true);
  if (done === true) return await changed(ctx, wanted);
  const comment = `Failed when setting service ${wanted.name} to start at boot, ${after(wanted).enable}`;
  const why = done === false ? '' : `. Additional information follows:\n\n${done.comment}`;
  return { result: false, comment: comment + why };
}

async function disableIt(ctx: StateCtx, wanted: Boot): Promise<Booted> {
  if ((await ctx.call('service.disable', [wanted.name], wanted.options)) === true) return await changed(ctx, wanted);
  return { result: false, comment: `Failed when setting service ${wanted.name} to not start at boot, ${after(wanted).disable}` };
}

/** Some services are never told to be enabled, though they are: that is no change. */
async function changed(ctx: StateCtx, wanted: Boot): Promise<Booted> {
  const { name, enable, result = true } = wanted;
  const changes = (await isSet(ctx, wanted)) ? { [name]: true } : {};
  return { result, comment: `Service ${name} has been ${enable ? 'enabled' : 'disabled'}, ${after(wanted).settled}`, changes };
}
