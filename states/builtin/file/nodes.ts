import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { lstatOf, NAME, outcomeOf, pathOf, type Report } from './common.ts';

const KINDS = {
  c: { word: 'Character device', article: 'a character device', is: 'file.is_chrdev' },
  b: { word: 'Block device', article: 'a block device', is: 'file.is_blkdev' },
  p: { word: 'Fifo pipe', article: 'a fifo pipe', is: 'file.is_fifo' },
} as const;

const ARGS = {
  name: NAME,
  ntype: { type: 'string', required: true, doc: 'c, b or p: character device, block device, pipe' },
  major: { type: 'number', default: 0, doc: 'the major number' },
  minor: { type: 'number', default: 0, doc: 'the minor number' },
  user: { type: 'any', doc: 'the owner' },
  group: { type: 'any', doc: 'the group' },
  mode: { type: 'any', default: '0600', doc: 'the mode' },
} as const;

export const mknod = state({ doc: 'A device or a pipe.', args: ARGS, check: checkNode });

async function checkNode(ctx: StateCtx, args: ArgsOf<typeof ARGS>): Promise<Verdict> {
  const meant = await pathOf(args.name, 'mknod');
  if ('refused' in meant) return meant.refused;
  const { path } = meant;
  const { ntype, major, minor, user = null, group = null, mode } = args;
  if (!(ntype in KINDS))
    return failed(`Node type unavailable: '${ntype}'. Available node types are character ('c'), block ('b'), and pipe ('p')`);
  const { word, article, is } = KINDS[ntype as keyof typeof KINDS];
  if ((await lstatOf(path))?.isFile() === true) return failed(`File ${path} exists and is not ${article}. Refusing to continue`);
  if ((await lstatOf(path)) === undefined || (await ctx.call(is, [path])) !== true) {
    const make = async (): Promise<Outcome> =>
      outcomeOf((await ctx.call('file.mknod', [path, ntype, major, minor, user, group, mode])) as unknown as Report);
    return { predicted: { comment: `${word} ${path} is set to be created`, changes: {} }, apply: make };
  }
  if (ntype !== 'p') {
    const [devmaj, devmin] = (await ctx.call('file.get_devmm', [path])) as readonly number[];
    if (devmaj !== major || devmin !== minor)
      return failed(`${word} ${path} exists and has a different major/minor ${devmaj}/${devmin}. Refusing to continue`);
  }
  const hold = async (): Promise<Outcome> => {
    const [report] = (await ctx.call('file.check_perms', [path, null, user, group, mode])) as unknown as [Report];
    const outcome = outcomeOf(report);
    return Object.keys(outcome.changes).length > 0 ? outcome : { ...outcome, comment: `${word} ${path} is in the correct state` };
  };
  return ctx.testing ? await hold() : { predicted: { comment: '', changes: {} }, apply: hold };
}

const DECODE = {
  name: NAME,
  encoded_data: { type: 'string', doc: 'the content, encoded' },
  contents_pillar: { type: 'string', doc: 'the pillar key that holds it' },
  encoding_type: { type: 'string', default: 'base64', doc: 'how it is encoded' },
  checksum: { type: 'string', default: 'md5', doc: 'what tells contents apart' },
} as const;

export const decode = state({
  doc: 'A file whose content is told in base64.',
  args: DECODE,
  check: async (ctx, { name, encoded_data, contents_pillar, checksum }) => {
    if (!encoded_data && !contents_pillar) throw new CommandFailed("Specify either the 'encoded_data' or 'contents_pillar' argument.");
    if (encoded_data && contents_pillar) throw new CommandFailed("Specify only one 'encoded_data' or 'contents_pillar' argument.");
    const content: Returnable = encoded_data || (await ctx.call('pillar.get', [contents_pillar ?? '', false], { unmask: true }));
    if (content === false) throw new CommandFailed('Pillar data not found.');
    let changes: Readonly<Record<string, Returnable>> = {};
    if ((await ctx.call('file.file_exists', [name])) === true) {
      const decoded = await ctx.call('hashutil.base64_decodestring', [content]);
      const wanted = await ctx.call('hashutil.digest', [decoded, checksum]);
      const has = await ctx.call('hashutil.digest_file', [name, checksum]);
      if (wanted === has) return inOrder('File is in the correct state.');
      changes = { old: has, new: wanted };
    }
    const apply = async (): Promise<Outcome> => {
      const result = (await ctx.call('hashutil.base64_decodefile', [content, name])) === true;
      const made = 'new' in changes ? changes : { old: null, new: await ctx.call('hashutil.digest_file', [name, checksum]) };
      return { result, comment: 'File was updated.', changes: made };
    };
    return { predicted: { comment: 'File is set to be updated.', changes }, apply };
  },
});
