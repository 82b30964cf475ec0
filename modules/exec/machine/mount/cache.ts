import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { readIfThere, replaceFile } from '../files.ts';

/** What states told of their mounts, so that changed options are seen: `{mounts: {mount point: ...}}`, as Salt keeps it. */
type Cache = Record<string, Returnable>;

const placeOf = (ctx: Ctx): string => join(String(ctx.config['cachedir'] ?? '/var/cache/salt/minion'), 'mounts');

async function read(ctx: Ctx): Promise<Cache> {
  const text = (await readIfThere(placeOf(ctx))) ?? '';
  if (text.trim() === '') return {};
  const cache = parse(text) ?? (await ctx.call('slsutil.renderer', [], { string: text, default_renderer: 'yaml' }));
  const mounts = isMap(cache) ? cache['mounts'] : undefined;
  return isMap(mounts) ? mounts : {};
}

/** Our own writing is JSON, which Salt reads as YAML; Salt's is YAML. */
const parse = (text: string): Returnable | undefined => {
  try {
    return JSON.parse(text) as Returnable;
  } catch {
    return undefined;
  }
};

async function write(ctx: Ctx, mounts: Cache): Promise<true> {
  try {
    await mkdir(dirname(placeOf(ctx)), { recursive: true });
    await replaceFile(placeOf(ctx), `${JSON.stringify({ mounts })}\n`);
    return true;
  } catch (failure) {
    ctx.log.error(`mount: ${placeOf(ctx)} cannot be written: ${String(failure)}`);
    throw new CommandFailed('Unable to write mount cache.');
  }
}

const isMap = (value: Returnable | undefined): value is Record<string, Returnable> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const name = (doc: string) => ({ type: 'string', required: true, doc }) as const;
const any = (doc: string) => ({ type: 'any', required: true, doc }) as const;

export const caching = {
  read_mount_cache: call({
    doc: 'What was remembered of a mount; empty if nothing.',
    examples: ["tsalt '*' mount.read_mount_cache /mnt/share"],
    args: { name: name('the mount point') },
    changes: false,
    run: async (ctx, args) => (await read(ctx))[args.name] ?? {},
  }),
  write_mount_cache: call({
    doc: 'Remember how something is mounted.',
    examples: ["tsalt '*' mount.write_mount_cache /mnt/share /dev/sda1 False ext4 defaults,nosuid"],
    args: {
      real_name: name('the mount point'),
      device: any('the device'),
      mkmnt: any('whether the mount point is made'),
      fstype: any('the type of the file system'),
      mount_opts: any('the options'),
    },
    changes: true,
    async run(ctx, { real_name, device, mkmnt, fstype, mount_opts }) {
      return write(ctx, { ...(await read(ctx)), [real_name]: { device, fstype, mkmnt, opts: mount_opts } });
    },
  }),
  delete_mount_cache: call({
    doc: 'Forget a mount.',
    examples: ["tsalt '*' mount.delete_mount_cache /mnt/share"],
    args: { real_name: name('the mount point') },
    changes: true,
    async run(ctx, args) {
      const { [args.real_name]: known, ...others } = await read(ctx);
      return known === undefined || write(ctx, others);
    },
  }),
};
