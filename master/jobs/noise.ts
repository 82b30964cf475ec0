/** Functions that programs ask on and on, and people rarely want to read about. */
export const NOISE: readonly string[] = [
  'saltutil.find_job',
  'saltutil.running',
  'saltutil.is_running',
  'saltutil.find_cached_job',
  'saltutil.term_job',
  'saltutil.kill_job',
  'mine.update',
  'mine.get',
  'status.ping_master',
];

const noise = new Set(NOISE);

export const isNoise = (fun: string): boolean => noise.has(fun);
