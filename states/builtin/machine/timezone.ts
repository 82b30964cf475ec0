import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { plan } from './words.ts';

async function system(ctx: StateCtx, zone: string, utc: boolean): Promise<Verdict> {
  let isSet: boolean;
  try {
    isSet = (await ctx.call('timezone.zone_compare', [zone])) === true;
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Unable to compare desired timezone '${zone}' to system timezone: ${error.message}`);
    throw error;
  }
  const isUtc = (await ctx.call('timezone.get_hwclock')) !== 'localtime';
  const setsClock = utc && !isUtc;
  if (isSet && !setsClock) return inOrder(`Timezone ${zone} already set${utc ? `, UTC already set to ${zone}` : ''}`);
  const needs = [...(isSet ? [] : [`Timezone ${zone} needs to be set`]), ...(setsClock ? ['UTC needs to be set to True'] : [])];
  return plan(needs.join(', '), () => settle(ctx, zone, !isSet, setsClock));
}

async function settle(ctx: StateCtx, zone: string, setsZone: boolean, setsClock: boolean): Promise<Outcome> {
  const [comments, changes]: [string[], Record<string, Returnable>] = [[], {}];
  let result = false;
  if (setsZone) {
    result = Boolean(await ctx.call('timezone.set_zone', [zone]));
    if (result) changes['timezone'] = zone;
    comments.push(result ? `Set timezone ${zone}` : 'Failed to set timezone');
  }
  if (setsClock) {
    // What came of the clock is what is told of both.
    result = Boolean(await ctx.call('timezone.set_hwclock', ['UTC']));
    if (result) changes['utc'] = true;
    comments.push(result ? 'Set UTC to True' : 'Failed to set UTC to True');
  }
  return { result, comment: comments.join(', '), changes };
}

/** The time zone of the machine. */
export default stateModule({
  name: 'timezone',
  doc: 'The time zone of the machine.',
  states: {
    system: state({
      doc: 'The time zone of the machine, and whether its hardware clock goes by UTC.',
      examples: ['America/Denver:\n  timezone.system:\n    - utc: True'],
      args: {
        name: { type: 'string', required: true, doc: 'the zone' },
        utc: { type: 'boolean', default: true, doc: 'the hardware clock goes by UTC' },
      },
      check: async (ctx, { name, utc }) => await system(ctx, name, utc),
    }),
  },
});
