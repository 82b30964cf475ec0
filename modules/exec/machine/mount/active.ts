import { readFile } from 'node:fs/promises';
import { type Ctx, call, type Returnable } from '../../../define.ts';

type Mount = Record<string, Returnable>;

/** What is mounted, by mount point, as the kernel lists it. */
export async function mounts(ctx: Ctx): Promise<Record<string, Mount>> {
  const others = await otherNames(ctx);
  const found: Record<string, Mount> = {};
  for (const [device = '', place = '', fstype = '', opts = ''] of await rows('/proc/self/mounts')) {
    found[place] = { device, alt_device: others.get(place) ?? null, fstype, opts: await optionsOf(ctx, opts) };
  }
  return found;
}

/** The same with the numbers of the mounts, what the file system itself was told, and the device's UUID and label. */
async function extended(ctx: Ctx): Promise<Record<string, Mount>> {
  const others = await otherNames(ctx);
  const devices = (await ctx.call('disk.blkid')) as Record<string, Record<string, string>>;
  const found: Record<string, Mount> = {};
  for (const row of await rows('/proc/self/mountinfo')) {
    const [mountid = '', parentid = '', number = '', root = '', place = '', opts = ''] = row;
    const [fstype = '', device = '', superopts = ''] = row.slice(row.indexOf('-') + 1);
    const [major = '', minor = ''] = number.split(':');
    found[place] = {
      mountid,
      parentid,
      major,
      minor,
      root,
      opts: await optionsOf(ctx, opts),
      fstype,
      device: device.replaceAll('\\040', '\\ '),
      alt_device: others.get(place) ?? null,
      superopts: await optionsOf(ctx, superopts),
      device_uuid: devices[device]?.['UUID']?.toLowerCase() ?? null,
      device_label: devices[device]?.['LABEL'] ?? null,
    };
  }
  return found;
}

const rows = async (path: string): Promise<string[][]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));

/** The devices as mount(8) shows them, which knows more of loop devices and the like. */
async function otherNames(ctx: Ctx): Promise<Map<string, string>> {
  const listed = String(await ctx.call('cmd.run_stdout', [['mount', '-l']], { python_shell: false }));
  const words = listed.split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(words.filter(({ length }) => length >= 3).map(([device = '', , place = '']) => [place, device]));
}

/** Options with numbers for the names of a user or group. */
async function optionsOf(ctx: Ctx, text: string): Promise<string[]> {
  const options = [];
  for (const option of text.split(',')) {
    const [key = '', value] = option.split('=');
    const isNamed = (key === 'uid' || key === 'gid') && value !== undefined && !/^\d+$/.test(value);
    options.push((isNamed ? `${key}=${await numberOf(ctx, key, value)}` : option).replaceAll('\\040', '\\ '));
  }
  return options;
}

async function numberOf(ctx: Ctx, key: 'uid' | 'gid', name: string): Promise<Returnable> {
  const info = (await ctx.call(key === 'uid' ? 'user.info' : 'group.info', [name])) as Record<string, Returnable>;
  return info[key] ?? name;
}

export const looking = {
  active: call({
    doc: 'What is mounted, by mount point.',
    examples: ["tsalt '*' mount.active", "tsalt '*' mount.active extended=True"],
    args: { extended: { type: 'boolean', default: false, doc: 'with numbers, UUIDs, labels and options of the file systems' } },
    changes: false,
    run: (ctx, args) => (args.extended ? extended(ctx) : mounts(ctx)),
  }),
  is_mounted: call({
    doc: 'Whether something is mounted there.',
    examples: ["tsalt '*' mount.is_mounted /mnt/share"],
    args: { name: { type: 'string', required: true, doc: 'the mount point' } },
    changes: false,
    run: async (ctx, args) => Object.hasOwn(await mounts(ctx), args.name),
  }),
};
