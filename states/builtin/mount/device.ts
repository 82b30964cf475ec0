import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StateCtx } from '../../define.ts';
import { listed, type Mounts, realPath } from './args.ts';

/** The device that is to be mounted, as the kernel would show it. */
export interface Device {
  readonly real: string;
  /** Options that a bind mount is to have besides. */
  readonly opts: readonly string[];
  /** The mount shows a directory that is elsewhere. */
  readonly isBind: boolean;
  /** Of a label Salt does not find out which device it is. */
  readonly any: boolean;
}

/** The device that is meant; what is wrong if there is none. */
export async function deviceOf(
  ctx: StateCtx,
  { device, opts, point, active }: { device: string; opts: readonly string[]; point: string; active: Mounts },
): Promise<Device | string> {
  let found: Device = { real: device, opts: [], isBind: false, any: false };
  if (device.startsWith('/'))
    found = opts.includes('bind') && point in active ? bound(device, point, active) : { ...found, real: await realPath(device) };
  else if (/^uuid=/i.test(device))
    found = {
      ...found,
      real: wordAfter(device)
        .replace(/^"+|"+$/g, '')
        .toLowerCase(),
    };
  else if (/^label=/i.test(device)) {
    const label = wordAfter(device);
    const { retcode } = (await ctx.call('cmd.run_all', [`blkid -t LABEL=${label}`])) as { readonly retcode: number };
    if (retcode > 0) return `Unable to find device with label ${label}.`;
    found = { ...found, any: true };
  }
  return { ...found, real: mapperOf(device) ?? /^\w+#(.+)/.exec(device)?.[1] ?? found.real };
}

const wordAfter = (device: string): string => device.split('=')[1] ?? '';

/** A logical volume is mounted by the name that the device mapper gives it. */
function mapperOf(device: string): string | undefined {
  const [, group, volume] = /^\/dev\/([^/]+)\/([^/]+)$/.exec(device) ?? [];
  if (group === undefined || volume === undefined) return undefined;
  const path = `/dev/mapper/${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`;
  return existsSync(path) ? path : undefined;
}

/** What a bind mount shows: the device that holds the directory. */
function bound(directory: string, point: string, active: Mounts): Device {
  const here = active[point];
  const isOnDevice = here?.device.startsWith('/') === true;
  let place = listed(directory);
  while (isOnDevice && !(place in active) && place !== '/') place = dirname(place.replaceAll('\\040', ' '));
  const source = active[place];
  const opts = source === undefined ? [] : [...source.opts, ...source.superopts];
  return { real: (isOnDevice ? source?.device : here?.device) ?? directory, opts, isBind: source !== undefined, any: false };
}
