import { type Ctx, call, type Returnable } from '../../../define.ts';
import { program, wordOf } from '../commands.ts';
import { outcome } from './groups.ts';
import { consent } from './physical.ts';
import { show } from './show.ts';

const OPTIONS = [
  'activate',
  'chunksize',
  'contiguous',
  'discards',
  'stripes',
  'stripesize',
  'minor',
  'persistent',
  'mirrors',
  'monitor',
  'permission',
  'poolmetadatasize',
  'readahead',
  'regionsize',
  'type',
  'virtualsize',
  'zero',
];
const BARE = ['nosync', 'noudevsync', 'ignoremonitoring', 'thin'];

/** Unlike those of groups, options are handed on whatever their value is. */
const optionsOf = (given: Readonly<Record<string, Returnable>>): string[] =>
  Object.entries(given).flatMap(([name, value]) =>
    BARE.includes(name) ? [`--${name}`] : OPTIONS.includes(name) ? [`--${name}`, wordOf(value)] : [],
  );

interface NewVolume {
  readonly lvname: string;
  readonly vgname: string;
  readonly size?: Returnable | undefined;
  readonly extents?: Returnable | undefined;
  readonly snapshot?: string | undefined;
  readonly pv?: string | undefined;
  readonly thinvolume: boolean;
  readonly thinpool: boolean;
  readonly force: boolean;
}

/** Why the arguments make no volume. */
function whyNot({ size, extents, thinvolume, thinpool }: NewVolume): string | undefined {
  if (size && extents) return 'Error: Please specify only one of size or extents';
  if (thinvolume && thinpool) return 'Error: Please set only one of thinvolume or thinpool to True';
  if (extents && thinvolume) return 'Error: Thin volume size cannot be specified as extents';
  return size || extents ? undefined : 'Error: Either size or extents must be specified';
}

function sizeOf({ size, extents, thinvolume }: NewVolume): string[] {
  if (size) return [thinvolume ? '-V' : '-L', wordOf(size)];
  return ['-l', wordOf(extents)];
}

async function create(ctx: Ctx, volume: NewVolume): Promise<Returnable> {
  const why = whyNot(volume);
  if (why !== undefined) return why;
  const { lvname, vgname, snapshot, pv } = volume;
  const argv = [
    program(ctx, 'lvcreate'),
    ...(volume.thinvolume ? ['--thin', '-n', lvname] : volume.thinpool ? ['--thinpool', lvname] : ['-n', lvname]),
    ...(snapshot ? ['-s', `${vgname}/${snapshot}`] : [vgname]),
    ...sizeOf(volume),
    ...(pv ? [pv] : []),
    ...optionsOf(ctx.extra),
    consent(volume.force),
  ];
  const came = await outcome(ctx, argv, `Logical volume "${lvname}" created.`);
  return { ...(await show(ctx, 'lv', `/dev/${vgname}/${lvname}`)), 'Output from lvcreate': came };
}

interface NewSize {
  readonly size?: Returnable | undefined;
  readonly extents?: Returnable | undefined;
  readonly lvpath?: string | undefined;
  readonly force: boolean;
  readonly resizefs: boolean;
}

async function resize(ctx: Ctx, tool: 'lvresize' | 'lvextend', wanted: NewSize): Promise<Returnable> {
  const { size, extents, lvpath } = wanted;
  if (Boolean(size) === Boolean(extents)) {
    ctx.log.error(size ? 'Error: Please specify only one of size or extents' : 'Error: Either size or extents must be specified');
    return {};
  }
  const force = tool === 'lvresize' && wanted.force ? '--force' : consent(wanted.force);
  const amount = size ? ['-L', wordOf(size)] : ['-l', wordOf(extents)];
  const argv = [tool, force, ...(wanted.resizefs ? ['--resizefs'] : []), ...amount, wordOf(lvpath)];
  const done = `Logical volume "${wordOf(lvpath)}" successfully ${tool === 'lvresize' ? 'resized' : 'extended'}.`;
  return { [`Output from ${tool}`]: await outcome(ctx, argv, done) };
}

const lvname = { type: 'string', required: true, doc: 'the logical volume' } as const;
const vgname = { type: 'string', required: true, doc: 'the volume group' } as const;
const size = { type: 'any', doc: 'its size: `10G`' } as const;
const extents = { type: 'any', doc: 'its size in extents: `100%FREE`' } as const;
const force = (value: boolean) => ({ type: 'boolean', default: value, doc: 'answer yes to what the tool asks' }) as const;
const RESIZE = {
  size,
  lvpath: { type: 'string', doc: 'the device: `/dev/mapper/vg1-test`' },
  extents,
  force: force(false),
  resizefs: { type: 'boolean', default: false, doc: 'its file system, too' },
} as const;

export const logical = {
  lvcreate: call({
    doc: 'Make a logical volume: how it is now, with what came of it.',
    examples: [
      "tsalt '*' lvm.lvcreate new_volume_name vg_name size=10G",
      "tsalt '*' lvm.lvcreate new_volume_name vg_name extents=100 pv=/dev/sdb",
    ],
    args: {
      lvname,
      vgname,
      size,
      extents,
      snapshot: { type: 'string', doc: 'the volume that it is a snapshot of' },
      pv: { type: 'string', doc: 'the physical volume to be on' },
      thinvolume: { type: 'boolean', default: false, doc: 'a thin volume' },
      thinpool: { type: 'boolean', default: false, doc: 'a pool of thin volumes' },
      force: force(false),
    },
    extra: 'options of lvcreate(8), such as stripes',
    changes: true,
    run: (ctx, args) => create(ctx, args),
  }),
  lvremove: call({
    doc: 'Remove a logical volume.',
    examples: ["tsalt '*' lvm.lvremove lvname vgname force=True"],
    args: { lvname, vgname, force: force(true) },
    changes: true,
    run: (ctx, { lvname, vgname, force }) =>
      outcome(ctx, ['lvremove', `${vgname}/${lvname}`, consent(force)], `Logical volume "${lvname}" successfully removed`),
  }),
  lvresize: call({
    doc: 'Change the size of a logical volume.',
    examples: ["tsalt '*' lvm.lvresize +12M /dev/mapper/vg1-test", "tsalt '*' lvm.lvresize lvpath=/dev/mapper/vg1-test extents=+100%FREE"],
    args: RESIZE,
    changes: true,
    run: (ctx, args) => resize(ctx, 'lvresize', args),
  }),
  lvextend: call({
    doc: 'Make a logical volume larger.',
    examples: ["tsalt '*' lvm.lvextend +12M /dev/mapper/vg1-test"],
    args: RESIZE,
    changes: true,
    run: (ctx, args) => resize(ctx, 'lvextend', args),
  }),
};
