import { stat } from 'node:fs/promises';
import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from './words.ts';

const NAME = { type: 'string', required: true, doc: 'the block device' } as const;

/** The type of file system on a device; empty if there is none. */
const typeOn = async (ctx: StateCtx, device: string): Promise<string> =>
  String(await ctx.call('cmd.run', [['blkid', '-o', 'value', '-s', 'TYPE', device]], { ignore_retcode: true }));

/** A kernel may see a new file system late: it is looked for this often, in so many milliseconds each. */
const LOOKS = 10;
const BETWEEN_MS = 3000;

async function formatted(ctx: StateCtx, name: string, type: string, force: boolean): Promise<Verdict> {
  const there = await stat(name).then(
    () => true,
    () => false,
  );
  if (!there) return failed(`${name} does not exist`);
  if ((await typeOn(ctx, name)) === type) return inOrder(`${name} already formatted with ${type}`);
  if (ctx.host.which(`mkfs.${type}`) === undefined) return failed(`Invalid fs_type: ${type}`);
  return plan(`Changes to ${name} will be applied `, () => format(ctx, name, type, force));
}

async function format(ctx: StateCtx, name: string, type: string, force: boolean): Promise<Outcome> {
  await ctx.call('disk.format', [name, type], { force, ...ctx.extra });
  let found = await typeOn(ctx, name);
  for (let look = 1; look < LOOKS && found === ''; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    found = await typeOn(ctx, name);
  }
  if (found !== type) return failed(`Failed to format ${name}`);
  return { result: true, comment: `${name} has been formatted with ${type}`, changes: { new: type, old: found } };
}

/** Arguments of `blockdev.tuned` and what `disk.dump` calls them. */
const TUNED: Readonly<Record<string, string>> = {
  'read-ahead': 'getra',
  'filesystem-read-ahead': 'getfra',
  'read-only': 'getro',
  'read-write': 'getro',
};

async function tuned(ctx: StateCtx, name: string): Promise<Verdict> {
  if ((await ctx.call('file.is_blkdev', [name])) !== true) return failed(`Changes to ${name} cannot be applied. Not a block device.`);
  return plan(`Changes to ${name} will be applied `, () => tune(ctx, name));
}

async function tune(ctx: StateCtx, name: string): Promise<Outcome> {
  const before = mapOf(await ctx.call('disk.dump', [name]));
  const after = mapOf(await ctx.call('disk.tune', [name], defined(ctx.extra)));
  const changes: Record<string, string> = {};
  for (const [key, value] of Object.entries(ctx.extra)) {
    const attribute = TUNED[key];
    if (attribute === undefined || before[attribute] === after[attribute]) continue;
    const shown = (now: Returnable | undefined): string => {
      if (typeof value !== 'boolean') return String(now);
      return (now === '1') === (key !== 'read-write') ? 'True' : 'False';
    };
    changes[key] = `Changed from ${shown(before[attribute])} to ${shown(after[attribute])}`;
  }
  if (Object.keys(after).length === 0) return failed(`Failed to modify block device ${name}`);
  if (Object.keys(changes).length === 0) return { result: true, comment: `Block device ${name} already in correct state`, changes };
  return { result: true, comment: `Block device ${name} successfully modified `, changes };
}

const mapOf = (value: Returnable): Readonly<Record<string, Returnable>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Returnable>>) : {};

/** Block devices. */
export default stateModule({
  name: 'blockdev',
  doc: 'Block devices.',
  states: {
    formatted: state({
      doc: 'A device holds a file system of that type; one of another type is replaced.',
      args: {
        name: NAME,
        fs_type: { type: 'string', default: 'ext4', doc: 'the type' },
        force: { type: 'boolean', default: false, doc: 'also if the device is no partition (ext, xfs)' },
      },
      extra: 'further arguments of disk.format',
      check: (ctx, { name, fs_type, force }) => formatted(ctx, name, fs_type, force),
    }),
    tuned: state({
      doc: 'A block device has these attributes.',
      args: { name: NAME },
      extra: 'read-ahead, filesystem-read-ahead, read-only, read-write',
      check: (ctx, { name }) => tuned(ctx, name),
    }),
  },
});
