import { type BeaconConfig, beacon, type Returnable } from '../define.ts';
import { checked, isMap } from './config.ts';

const EVERYTHING: BeaconConfig = [{ loadavg: ['all'], cpustats: ['all'], meminfo: ['all'], vmstats: ['all'], time: ['all'] }];

export default beacon({
  name: 'status',
  doc: 'Tell what functions of the module status return: all of it (all), or some items.',
  example: 'status:\n  - interval: 10\n  - time: [all]\n  - loadavg: [1-min, 5-min]\n  - meminfo: [MemFree]',
  validate: checked('status', () => undefined),
  open: (config, ctx) => ({
    collect: async () => {
      const data: Record<string, Returnable> = {};
      for (const item of config.length === 0 ? EVERYTHING : config)
        for (const [name, wanted] of Object.entries(item)) {
          data[name] = {};
          const answer = await ctx.call(`status.${name}`).catch((error: unknown) => {
            if (!(error instanceof Error) || error.name !== 'CommandExecutionError') throw error;
            ctx.log.debug(`the beacon status leaves ${name} out: ${error.message}`);
            return undefined;
          });
          if (answer !== undefined) data[name] = chosen(answer, Array.isArray(wanted) ? wanted : [wanted]);
        }
      return [{ tag: new Date().toISOString().replace('Z', '000'), data }];
    },
  }),
});

/** Some items of a map or a list. */
function chosen(answer: Returnable, wanted: readonly Returnable[]): Returnable {
  if (wanted.includes('all')) return answer;
  const found: Record<string, Returnable> = {};
  for (const item of wanted) {
    const key = String(item);
    const value = Array.isArray(answer) ? answer[Number(key)] : isMap(answer) ? answer[key] : undefined;
    if (value === undefined) return `Status beacon is incorrectly configured: '${key}'`;
    found[key] = value;
  }
  return found;
}
