import type { BeaconConfig, Returnable } from '../../../modules/define.ts';
import { isMap } from '../../listen/publication.ts';

/** What an entry of `beacons:` says to the minion itself. */
export interface Entry {
  readonly enabled: boolean;
  /** The kind of beacon: `beacon_module`, or the entry's own name. */
  readonly kind: string;
  /** Seconds between two looks; 0 looks each time. */
  readonly interval: number;
  readonly notDuringStates: boolean;
  readonly once: boolean;
  /** As it was written, a map made a list. */
  readonly written: Returnable;
  /** What is left for the beacon. */
  readonly config: BeaconConfig;
}

const OURS = new Set(['enabled', 'interval', 'disable_during_state_run', 'run_once', 'beacon_module']);

/** Reads an entry in its two forms: a list of maps, or one map. */
export function entryOf(name: string, configured: unknown): Entry {
  const items = isMap(configured) ? Object.entries(configured).map(([key, value]) => ({ [key]: value })) : configured;
  const maps = (Array.isArray(items) ? items.filter(isMap) : []) as BeaconConfig;
  const options: { readonly [key: string]: Returnable } = Object.assign(Object.create(null), ...maps);
  const { interval, beacon_module: kind } = options;
  return {
    enabled: !('enabled' in options) || isSet(options['enabled']),
    kind: typeof kind === 'string' && kind !== '' ? kind : name,
    interval: typeof interval === 'number' ? interval : 0,
    notDuringStates: isSet(options['disable_during_state_run']),
    once: isSet(options['run_once']),
    written: items as Returnable,
    config: maps.map(withoutOurs).filter((item) => Object.keys(item).length > 0),
  };
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== 0 && value !== '';

const withoutOurs = (item: BeaconConfig[number]): BeaconConfig[number] =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !OURS.has(key) && !key.startsWith('_')));
