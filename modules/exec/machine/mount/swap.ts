import { readFile } from 'node:fs/promises';
import { call, type Returnable } from '../../../define.ts';
import { output } from '../commands.ts';

type Swap = Record<'type' | 'size' | 'used' | 'priority', string>;

async function swaps(): Promise<Record<string, Swap>> {
  const rows = (await readFile('/proc/swaps', 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('Filename'));
  return Object.fromEntries(
    rows.map((row) => {
      const [name = '', type = '', size = '', used = '', priority = ''] = row.trim().split(/\s+/);
      return [name, { type, size, used, priority }];
    }),
  );
}

const name = { type: 'string', required: true, doc: 'the device or file' } as const;

export const swapping = {
  swaps: call({
    doc: 'The active swaps, with sizes in KiB.',
    examples: ["tsalt '*' mount.swaps"],
    args: {},
    changes: false,
    run: () => swaps(),
  }),
  swapon: call({
    doc: 'Activate a swap: its figures, and whether it is new; empty if it did not work.',
    examples: ["tsalt '*' mount.swapon /root/swapfile"],
    args: { name, priority: { type: 'any', doc: '0 to 32767: higher ones are used first' } },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const before = (await swaps())[args.name];
      if (before !== undefined) return { stats: before, new: false };
      await output(ctx, ['swapon', args.name, ...(args.priority ? ['-p', args.priority] : [])]);
      const after = (await swaps())[args.name];
      return after === undefined ? {} : { stats: after, new: true };
    },
  }),
  swapoff: call({
    doc: 'Deactivate a swap: whether it worked; None if it is not active.',
    examples: ["tsalt '*' mount.swapoff /root/swapfile"],
    args: { name },
    changes: true,
    async run(ctx, args) {
      if (!Object.hasOwn(await swaps(), args.name)) return null;
      await output(ctx, ['swapoff', args.name]);
      return !Object.hasOwn(await swaps(), args.name);
    },
  }),
};
