import { type Ctx, call, type Returnable } from '../../../define.ts';
import { wordsOf } from '../commands.ts';
import { consent, optionsOf } from './physical.ts';
import { runLvm, show } from './show.ts';

const OPTIONS = [
  'addtag',
  'alloc',
  'autobackup',
  'clustered',
  'maxlogicalvolumes',
  'maxphysicalvolumes',
  'metadatatype',
  'vgmetadatacopies',
  'metadatacopies',
  'physicalextentsize',
  'zero',
];

/** What the tool complained of, or else the sentence. */
export async function outcome(ctx: Ctx, argv: readonly string[], done: string): Promise<string> {
  const { retcode, stderr } = await runLvm(ctx, argv);
  return retcode === 0 ? done : stderr.trim();
}

const vgname = { type: 'string', required: true, doc: 'the volume group' } as const;
const devices = { type: 'any', required: true, doc: 'physical volumes: a list, or names with commas between' } as const;
const force = (value: boolean) => ({ type: 'boolean', default: value, doc: 'answer yes to what the tool asks' }) as const;
const isGiven = (name: string, given: Returnable): boolean => name !== '' && (Array.isArray(given) ? given.length > 0 : Boolean(given));
const MISSING = 'Error: vgname and device(s) are both required';

export const groups = {
  vgcreate: call({
    doc: 'Make a volume group: how it is now, with what came of it.',
    examples: ["tsalt '*' lvm.vgcreate my_vg /dev/sdb1,/dev/sdb2", "tsalt '*' lvm.vgcreate my_vg /dev/sdb1 clustered=y"],
    args: { vgname, devices, force: force(false) },
    extra: 'options of vgcreate(8), such as physicalextentsize',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (!isGiven(args.vgname, args.devices)) return MISSING;
      const argv = ['vgcreate', args.vgname, ...wordsOf(args.devices), consent(args.force), ...optionsOf(ctx.extra, OPTIONS)];
      const came = await outcome(ctx, argv, `Volume group "${args.vgname}" successfully created`);
      return { ...(await show(ctx, 'vg', args.vgname)), 'Output from vgcreate': came };
    },
  }),
  vgextend: call({
    doc: 'Add physical volumes to a volume group.',
    examples: ["tsalt '*' lvm.vgextend my_vg /dev/sdb1,/dev/sdb2"],
    args: { vgname, devices, force: force(false) },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (!isGiven(args.vgname, args.devices)) return MISSING;
      const argv = ['vgextend', args.vgname, consent(args.force), ...wordsOf(args.devices)];
      return { 'Output from vgextend': await outcome(ctx, argv, `Volume group "${args.vgname}" successfully extended`) };
    },
  }),
  vgremove: call({
    doc: 'Remove a volume group.',
    examples: ["tsalt '*' lvm.vgremove vgname force=True"],
    args: { vgname, force: force(true) },
    changes: true,
    run: (ctx, args) => outcome(ctx, ['vgremove', args.vgname, consent(args.force)], `Volume group "${args.vgname}" successfully removed`),
  }),
};
