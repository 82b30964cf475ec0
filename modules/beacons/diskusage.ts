import { readFile, statfs } from 'node:fs/promises';
import { type BeaconCtx, beacon, float, type Returnable } from '../define.ts';
import { checked, percent, pythonPattern, threshold } from './config.ts';

export default beacon({
  name: 'diskusage',
  doc: 'Tell the file systems that are as full as a bound, or fuller. A mount point may be a regular expression.',
  example: "diskusage:\n  - /: 63%\n  - '^\\/(?!home).*$': 90%",
  validate: checked('diskusage', () => undefined),
  open: (config, ctx) => ({
    collect: async () => {
      const found: { readonly [key: string]: Returnable }[] = [];
      const points = await mountPoints();
      for (const item of config) {
        const [mount, bound] = Object.entries(item)[0] ?? [];
        if (mount === undefined) continue;
        const pattern = pythonPattern(mount.endsWith('$') ? mount : `${mount}$`);
        for (const point of points.filter((one) => pattern.test(one))) {
          const used = await usage(point, ctx);
          if (used !== undefined && used >= threshold(bound)) found.push({ diskusage: float(used), mount: point });
        }
      }
      return found;
    },
  }),
});

/** Of what an ordinary user could fill, as `df` and psutil count. */
async function usage(point: string, { log }: BeaconCtx): Promise<number | undefined> {
  try {
    const { blocks, bfree, bavail } = await statfs(point);
    return percent(blocks - bfree, blocks - bfree + bavail);
  } catch {
    log.warn(`${point} is not a valid mount point.`);
    return undefined;
  }
}

async function mountPoints(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  const points = lines.flatMap((line) => line.split(' ').slice(1, 2));
  return points.map((point) => point.replace(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}
