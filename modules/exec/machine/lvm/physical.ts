import { existsSync } from 'node:fs';
import { type Ctx, call, type Returnable } from '../../../define.ts';
import { wordOf, wordsOf } from '../commands.ts';
import { runLvm, show } from './show.ts';

const OPTIONS = [
  'metadatasize',
  'dataalignment',
  'dataalignmentoffset',
  'pvmetadatacopies',
  'metadatacopies',
  'metadataignore',
  'restorefile',
  'labelsector',
  'setphysicalvolumesize',
];

/** `--name value` for what is told of the options known; those of `bare` have no value. */
export const optionsOf = (given: Readonly<Record<string, Returnable>>, known: readonly string[], bare: readonly string[] = []): string[] =>
  Object.entries(given).flatMap(([name, value]) => {
    if (!value) return [];
    return bare.includes(name) ? [`--${name}`] : known.includes(name) ? [`--${name}`, wordOf(value)] : [];
  });

const isVolume = async (ctx: Ctx, device: string, quiet = false): Promise<boolean> =>
  Object.keys(await show(ctx, 'pv', device, quiet)).length > 0;

/** Without force it asks nothing and says little, as Salt has it. */
export const consent = (force: boolean): string => (force ? '--yes' : '-qq');

/** Runs a tool over those devices that are volumes: which they were, or why not. */
async function overVolumes(
  ctx: Ctx,
  tool: string,
  args: { devices: Returnable; override: boolean; force: boolean },
): Promise<readonly string[] | string> {
  const volumes = [];
  for (const device of wordsOf(args.devices)) {
    if (await isVolume(ctx, device)) volumes.push(device);
    else if (!args.override) return `${device} is not a physical volume`;
  }
  if (volumes.length === 0) return [];
  const { retcode, stderr } = await runLvm(ctx, [tool, consent(args.force), ...volumes]);
  return retcode === 0 ? volumes : stderr;
}

const devices = { type: 'any', required: true, doc: 'devices: a list, or names with commas between' } as const;
const force = { type: 'boolean', default: true, doc: 'answer yes to what the tool asks' } as const;
const override = (doc: string) => ({ type: 'boolean', default: true, doc }) as const;

export const physical = {
  pvcreate: call({
    doc: 'Make devices physical volumes: True, or why not.',
    examples: ["tsalt '*' lvm.pvcreate /dev/sdb1,/dev/sdb2", "tsalt '*' lvm.pvcreate /dev/sdb1 dataalignmentoffset=7s"],
    args: { devices, override: override('a device that is one already is left as it is'), force },
    extra: 'options of pvcreate(8), such as metadatasize',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (!args.devices || (Array.isArray(args.devices) && args.devices.length === 0)) return 'Error: at least one device is required';
      const fresh = [];
      for (const device of wordsOf(args.devices)) {
        if (!existsSync(device)) return `${device} does not exist`;
        if (!(await isVolume(ctx, device, true))) fresh.push(device);
        else if (!args.override) return `Device "${device}" is already an LVM physical volume.`;
      }
      if (fresh.length === 0) return true;
      const options = optionsOf(ctx.extra, OPTIONS, ['norestorefile']);
      const { retcode, stderr } = await runLvm(ctx, ['pvcreate', consent(args.force), ...fresh, ...options]);
      if (retcode !== 0) return stderr;
      for (const device of wordsOf(args.devices)) if (!(await isVolume(ctx, device))) return `Device "${device}" was not affected.`;
      return true;
    },
  }),
  pvremove: call({
    doc: 'Make physical volumes plain devices again: True, or why not.',
    examples: ["tsalt '*' lvm.pvremove /dev/sdb1,/dev/sdb2"],
    args: { devices, override: override('a device that is none is left as it is'), force },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const removed = await overVolumes(ctx, 'pvremove', args);
      if (typeof removed === 'string') return removed;
      for (const device of removed) if (await isVolume(ctx, device, true)) return `Device "${device}" was not affected.`;
      return true;
    },
  }),
  pvresize: call({
    doc: 'Let physical volumes fill their devices: True, or why not.',
    examples: ["tsalt '*' lvm.pvresize /dev/sdb1,/dev/sdb2"],
    args: { devices, override: override('a device that is none is left as it is'), force },
    changes: true,
    async run(ctx, args) {
      const resized = await overVolumes(ctx, 'pvresize', args);
      return typeof resized === 'string' ? resized : true;
    },
  }),
};
