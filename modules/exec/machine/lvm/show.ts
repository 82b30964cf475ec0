import { realpath } from 'node:fs/promises';
import { type Ctx, call } from '../../../define.ts';
import { type Ended, execute } from '../commands.ts';

export type Shown = Record<string, Record<string, string>>;

/** What the colon separated columns of each kind are called. */
const COLUMNS = {
  pv: [
    'Physical Volume Device',
    'Volume Group Name',
    'Physical Volume Size (kB)',
    'Internal Physical Volume Number',
    'Physical Volume Status',
    'Physical Volume (not) Allocatable',
    'Current Logical Volumes Here',
    'Physical Extent Size (kB)',
    'Total Physical Extents',
    'Free Physical Extents',
    'Allocated Physical Extents',
  ],
  vg: [
    'Volume Group Name',
    'Volume Group Access',
    'Volume Group Status',
    'Internal Volume Group Number',
    'Maximum Logical Volumes',
    'Current Logical Volumes',
    'Open Logical Volumes',
    'Maximum Logical Volume Size',
    'Maximum Physical Volumes',
    'Current Physical Volumes',
    'Actual Physical Volumes',
    'Volume Group Size (kB)',
    'Physical Extent Size (kB)',
    'Total Physical Extents',
    'Allocated Physical Extents',
    'Free Physical Extents',
    'UUID',
  ],
  lv: [
    'Logical Volume Name',
    'Volume Group Name',
    'Logical Volume Access',
    'Logical Volume Status',
    'Internal Logical Volume Number',
    'Open Logical Volumes',
    'Logical Volume Size',
    'Current Logical Extents Associated',
    'Allocated Logical Extents',
    'Allocation Policy',
    'Read Ahead Sectors',
    'Major Device Number',
    'Minor Device Number',
  ],
} as const;

/** Runs a tool of LVM. They complain of files that whoever started the minion left open: that is nobody's concern here. */
export const runLvm = (ctx: Ctx, argv: readonly string[], quiet = false): Promise<Ended> =>
  execute(ctx, argv, { ignore_retcode: quiet, env: { LVM_SUPPRESS_FD_WARNINGS: '1' } });

/** `LVM version: 2.03` and the other lines of it. */
async function versions(ctx: Ctx): Promise<Record<string, string>> {
  const { stdout } = await runLvm(ctx, ['lvm', 'version']);
  const pairs = stdout.split('\n').map((line) => /^\s*([^:]*):(.*)$/.exec(line));
  return Object.fromEntries(pairs.filter((pair) => pair !== null).map(([, key = '', value = '']) => [key.trim(), value.trim()]));
}

/** What LVM knows of volumes of a kind, or of one, by name; nothing if it does not know the one. */
export async function show(ctx: Ctx, kind: keyof typeof COLUMNS, name: string, quiet = false): Promise<Shown> {
  const argv = [`${kind}display`, '-c', ...(name === '' ? [] : [name])];
  const { retcode, stdout } = await runLvm(ctx, argv, quiet);
  const lines = stdout.split('\n').filter((line) => line.trim() !== '' && !line.includes('is a new physical volume'));
  return retcode !== 0 ? {} : Object.fromEntries(lines.map((line) => rowOf(kind, line.trim())));
}

function rowOf(kind: keyof typeof COLUMNS, line: string): [string, Record<string, string>] {
  const words = line.split(':');
  return [words[0] ?? '', Object.fromEntries(COLUMNS[kind].map((column, index) => [column, words[index] ?? '']))];
}

async function withRealNames(shown: Shown): Promise<Shown> {
  const named: Shown = {};
  for (const [name, row] of Object.entries(shown)) {
    const device = await realpath(name).catch(() => name);
    named[device] = { ...row, 'Real Physical Volume Device': device };
  }
  return named;
}

const quiet = { type: 'boolean', default: false, doc: 'that it is not known is no failure' } as const;
const nameOf = (doc: string) => ({ type: 'string', default: '', doc }) as const;

export const showing = {
  version: call({
    doc: 'The version of LVM.',
    examples: ["tsalt '*' lvm.version"],
    args: {},
    changes: false,
    run: async (ctx) => (await versions(ctx))['LVM version'] ?? '',
  }),
  fullversion: call({
    doc: 'All that LVM tells of its version.',
    examples: ["tsalt '*' lvm.fullversion"],
    args: {},
    changes: false,
    run: (ctx) => versions(ctx),
  }),
  pvdisplay: call({
    doc: 'Physical volumes, by device.',
    examples: ["tsalt '*' lvm.pvdisplay", "tsalt '*' lvm.pvdisplay /dev/md0"],
    args: {
      pvname: nameOf('only this one'),
      real: { type: 'boolean', default: false, doc: 'by the device that a name leads to' },
      quiet,
    },
    changes: false,
    async run(ctx, args) {
      const shown = await show(ctx, 'pv', args.pvname, args.quiet);
      return args.real ? withRealNames(shown) : shown;
    },
  }),
  vgdisplay: call({
    doc: 'Volume groups, by name.',
    examples: ["tsalt '*' lvm.vgdisplay", "tsalt '*' lvm.vgdisplay nova-volumes"],
    args: { vgname: nameOf('only this one'), quiet },
    changes: false,
    run: (ctx, args) => show(ctx, 'vg', args.vgname, args.quiet),
  }),
  lvdisplay: call({
    doc: 'Logical volumes, by device.',
    examples: ["tsalt '*' lvm.lvdisplay", "tsalt '*' lvm.lvdisplay /dev/vg_myserver/root"],
    args: { lvname: nameOf('only this one'), quiet },
    changes: false,
    run: (ctx, args) => show(ctx, 'lv', args.lvname, args.quiet),
  }),
};
