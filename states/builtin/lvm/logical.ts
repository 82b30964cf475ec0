import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';

export const LV_ARGS = {
  name: { type: 'string', required: true, doc: 'the logical volume' },
  vgname: { type: 'string', doc: 'the volume group' },
  size: { type: 'any', doc: 'its size: `10G`' },
  extents: { type: 'any', doc: 'its size in extents: `100%FREE`' },
  snapshot: { type: 'string', doc: 'the name of a snapshot that is to be made of it' },
  pv: { type: 'string', default: '', doc: 'the physical volume it is on' },
  thinvolume: { type: 'boolean', default: false, doc: 'it is a thin volume' },
  thinpool: { type: 'boolean', default: false, doc: 'it is a pool of thin volumes' },
  force: { type: 'boolean', default: false, doc: 'it may become smaller' },
  resizefs: { type: 'boolean', default: false, doc: 'the file system in it gets the same size' },
} as const;
type Args = ArgsOf<typeof LV_ARGS>;
type Info = Readonly<Record<string, string>>;

const FACTORS: Readonly<Record<string, number>> = { s: 1 / 2048, m: 1, g: 1024, t: 1024 ** 2, p: 1024 ** 3 };

/** A size such as `10G` in MiB, which is what a number alone counts. */
function inMb(size: Returnable): number {
  const [, digits, unit = 'm'] = /^(\d+)([a-z])?b?$/.exec(shown(size).toLowerCase()) ?? [];
  if (digits === undefined) throw new Error(`Size ${shown(size)} is invalid.`);
  const factor = FACTORS[unit];
  if (factor === undefined) throw new Error(`Unit ${unit} is invalid.`);
  return Number(digits) * factor;
}

/** A logical volume, by the path of its device. */
interface Volume {
  readonly name: string;
  readonly path: string;
}

const infoOf = async (ctx: StateCtx, path: string, quiet = true): Promise<Info | undefined> =>
  ((await ctx.call('lvm.lvdisplay', [path], quiet ? { quiet } : {})) as unknown as Readonly<Record<string, Info>>)[path];

export async function lvPresent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { size = null, extents = null, vgname, thinvolume } = args;
  if (extents && size) return failed('Only one of extents or size can be specified.');
  const wanted = size ? inMb(size) : undefined;
  const group = vgname ?? 'None';
  const name = args.snapshot || args.name;
  const volume = { name, path: `/dev/${thinvolume ? group.split('/')[0] : group}/${name}` };
  const info = await infoOf(ctx, volume.path);
  if (info === undefined) return plan(`Logical Volume ${name} is set to be created`, () => create(ctx, args, volume));
  const already = `Logical Volume ${name} already present`;
  return size || extents ? resized(ctx, args, volume, { info, wanted }) : inOrder(already);
}

async function create(ctx: StateCtx, args: Args, { name, path }: Volume): Promise<Outcome> {
  const { vgname, size = null, extents = null, snapshot, pv, thinvolume, thinpool, force } = args;
  const origin = snapshot ? args.name : null;
  const given = { size, extents, snapshot: origin, pv, thinvolume, thinpool, force, ...ctx.extra };
  const created = await ctx.call('lvm.lvcreate', [name, vgname ?? null], given);
  if ((await infoOf(ctx, path, false)) !== undefined) return inOrder(`Created Logical Volume ${name}`, { created });
  return failed(`Failed to create Logical Volume ${name}. Error: ${outputOf(created, 'lvcreate')}`);
}

/** What a tool complained of. The functions answer a text instead where the arguments made no sense. */
function outputOf(came: Returnable, tool: string): string {
  const output = Object(came)[`Output from ${tool}`] as Returnable | undefined;
  if (output === undefined) throw new Error(shown(came));
  return shown(output);
}

/** A volume that is there gets the size that is wanted. */
function resized(
  ctx: StateCtx,
  { size = null, extents = null, force, resizefs }: Args,
  { name, path }: Volume,
  { info, wanted }: { readonly info: Info; readonly wanted: number | undefined },
): Verdict {
  const before = { mb: inMb(`${info['Logical Volume Size']}s`), extents: Number(info['Current Logical Extents Associated']) };
  const isPart = !size && shown(extents).includes('%');
  const after = { mb: wanted ?? before.mb, extents: size || isPart ? before.extents : Number(extents) };
  const stays = isPart
    ? `Logical Volume ${name} already present, ${shown(extents)} won't be resized.`
    : `Logical Volume ${name} already present`;
  if (!force && (after.mb < before.mb || after.extents < before.extents))
    return failed("To reduce a Logical Volume option 'force' must be True.");
  if (after.mb === before.mb && after.extents === before.extents) return inOrder(stays);
  return plan(`Logical Volume ${name} is set to be resized`, async () => {
    const amount = size ? { size } : { extents };
    const came = await ctx.call('lvm.lvresize', [], { lvpath: path, ...amount, resizefs, force });
    const now = await infoOf(ctx, path);
    if (now !== undefined && inMb(`${now['Logical Volume Size']}s`) !== before.mb)
      return inOrder(`Resized Logical Volume ${name}`, { resized: came });
    return failed(`Failed to resize Logical Volume ${name}.\nError: ${outputOf(came, 'lvresize')}`);
  });
}
