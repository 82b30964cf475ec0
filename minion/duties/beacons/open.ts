import type { BeaconCtx } from '../../../modules/define.ts';
import { number, type Options } from '../../settings.ts';
import { Beacons } from './beacons.ts';
import { type BeaconView, beaconContext, beaconFunctions } from './context.ts';
import type { CustomBeacons } from './kinds.ts';
import { Kinds } from './kinds.ts';
import { BeaconSettings } from './settings.ts';

/** What the functions `beacons.*` and the daemon need of the beacons. */
export interface BeaconPort {
  readonly settings: BeaconSettings;
  readonly kinds: Kinds;
  readonly beacons: Beacons;
  readonly context: (signal: AbortSignal) => BeaconCtx;
}

export interface BeaconSurroundings extends BeaconView {
  readonly options: () => Options;
  readonly pillar: () => Options;
  readonly custom: CustomBeacons;
  readonly statesRun: () => boolean;
}

export function openBeacons(parts: BeaconSurroundings): BeaconPort {
  const settings = new BeaconSettings(parts.options, parts.pillar);
  const context = beaconContext(parts);
  const kinds = new Kinds(parts.custom, beaconFunctions(parts.loader), context(new AbortController().signal));
  const { id, statesRun, log } = parts;
  const loopInterval = (): number => Math.max(0.1, number(parts.options(), 'loop_interval', 1));
  return { settings, kinds, context, beacons: new Beacons({ id, settings, kinds, context, statesRun, loopInterval, log }) };
}
