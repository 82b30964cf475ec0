import type { Beacon } from '../../../modules/define.ts';

/** The beacons that come with tsalt, each imported when it is first configured. */
export const beaconSources: Readonly<Record<string, () => Promise<{ readonly default: Beacon }>>> = {
  cert_info: () => import('../../../modules/beacons/cert_info.ts'),
  diskusage: () => import('../../../modules/beacons/diskusage.ts'),
  inotify: () => import('../../../modules/beacons/inotify.ts'),
  journald: () => import('../../../modules/beacons/journald.ts'),
  load: () => import('../../../modules/beacons/load.ts'),
  log: () => import('../../../modules/beacons/log.ts'),
  memusage: () => import('../../../modules/beacons/memusage.ts'),
  network_info: () => import('../../../modules/beacons/network_info.ts'),
  pkg: () => import('../../../modules/beacons/pkg.ts'),
  ps: () => import('../../../modules/beacons/ps.ts'),
  salt_monitor: () => import('../../../modules/beacons/salt_monitor.ts'),
  service: () => import('../../../modules/beacons/service.ts'),
  status: () => import('../../../modules/beacons/status.ts'),
  swapusage: () => import('../../../modules/beacons/swapusage.ts'),
};
