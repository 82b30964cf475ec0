import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { blank, outcomeOf, type Report } from '../file/common.ts';
import { USER } from './tab.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the source: `salt://crontab`' },
  source_hash: { type: 'any', default: '', doc: 'its hash' },
  source_hash_name: { type: 'any', doc: 'its name within a file of hashes' },
  user: USER,
  template: { type: 'any', doc: 'the engine to render it by' },
  context: { type: 'any', doc: 'variables of the template' },
  replace: { type: 'boolean', default: true, doc: 'also where the user has a crontab' },
  defaults: { type: 'any', doc: 'variables where context has none' },
  backup: { type: 'any', default: '', doc: 'keep what was there' },
} as const;
type Args = ArgsOf<typeof ARGS>;

export const file = state({
  doc: 'A crontab that is the file of a source.',
  examples: ['salt://cron/root:\n  cron.file:\n    - user: root'],
  args: ARGS,
  extra: 'arguments of file.get_managed',
  check: async (ctx, args) => {
    const info = (await ctx.call('user.info', [args.user])) as { readonly groups?: readonly string[] };
    const group = info.groups?.[0];
    if (group === undefined) return failed(`Could not identify group for user ${args.user}`);
    if (!args.replace) return inOrder(`User ${args.user} already has a crontab. No changes made`);
    if (ctx.testing) return await withCopy(ctx, args.user, (path) => foreseen(ctx, path, args, group));
    const apply = async (): Promise<Outcome> => await withCopy(ctx, args.user, (path) => install(ctx, path, args, group));
    return { predicted: { comment: '', changes: {} }, apply };
  },
});

/** The crontab as it is, in a file of its own, for the functions of `file` to compare with and to write. */
async function withCopy<T>(ctx: StateCtx, user: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'crontab-'));
  try {
    const path = join(folder, 'crontab');
    const text = String(await ctx.call('cron.raw_cron', [user]));
    await writeFile(path, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const asked = (ctx: StateCtx, path: string, args: Args, group: string): Record<string, Returnable> => ({
  name: path,
  source_hash_name: args.source_hash_name ?? null,
  user: args.user,
  group,
  mode: '0600',
  attrs: null,
  template: args.template ?? null,
  context: args.context ?? null,
  defaults: args.defaults ?? null,
  saltenv: ctx.saltenv,
  ...ctx.extra,
});

async function foreseen(ctx: StateCtx, path: string, args: Args, group: string): Promise<Verdict> {
  const { name: source, source_hash } = args;
  const found = await ctx.call('file.check_managed', [], { ...asked(ctx, path, args, group), source, source_hash });
  const [result, comment] = found as readonly [boolean | null, string];
  return { result, comment, changes: {} };
}

async function install(ctx: StateCtx, path: string, args: Args, group: string): Promise<Outcome> {
  const found = await ctx.call('file.source_list', [args.name, args.source_hash, ctx.saltenv]);
  const [source = null, source_hash = ''] = found as readonly Returnable[];
  let report: Report;
  try {
    const given = { ...asked(ctx, path, args, group), source, source_hash, skip_verify: false };
    const [sfn = '', sum = {}, problem] = (await ctx.call('file.get_managed', [], given)) as readonly Returnable[];
    if (typeof problem === 'string' && problem !== '') return failed(problem);
    const all = [path, sfn, blank(path), source, sum, args.user, group, '0600', null, ctx.saltenv, args.backup];
    report = (await ctx.call('file.manage_file', all)) as unknown as Report;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return failed(`Unable to manage file: ${error.message}`);
  }
  const { user } = args;
  const written = outcomeOf(report);
  if (!('diff' in written.changes)) return written.result === true ? inOrder(`Crontab for user ${user} is in the correct state`) : written;
  const { retcode, stderr } = (await ctx.call('cron.write_cron_file_verbose', [user, path])) as { retcode: number; stderr: string };
  return retcode === 0
    ? inOrder(`Crontab for user ${user} was updated`, written.changes)
    : failed(`Unable to update user ${user} crontab ${path}. Error: ${stderr}`);
}
