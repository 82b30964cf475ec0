import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { expandUser } from '../../../modules/exec/file/paths.ts';
import { splitWords, textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, isPlan, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { isDirectory, isThere, OTHERS } from './common.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the file or directory' },
  source: { type: 'any', doc: 'the patch' },
  source_hash: { type: 'any', doc: 'its hash, if it comes from the web' },
  source_hash_name: { type: 'any', doc: 'its name in that file' },
  skip_verify: { type: 'boolean', default: false, doc: 'take it whatever it hashes to' },
  template: { type: 'string', doc: 'the engine to render it by' },
  context: { type: 'any', doc: 'variables of the template' },
  defaults: { type: 'any', doc: 'variables where context has none' },
  options: { type: 'string', default: '', doc: 'more options of patch' },
  reject_file: { type: 'string', doc: 'where pieces go that do not fit' },
  strip: { type: 'number', doc: 'components of paths to leave out, for a directory' },
  saltenv: { type: 'string', doc: 'the environment' },
} as const;
type Given = ArgsOf<typeof ARGS>;
interface Ran extends Readonly<Record<string, Returnable>> {
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const patch = state({ doc: 'A file or directory with a patch applied to it.', args: ARGS, extra: OTHERS, check: checkPatch });

async function checkPatch(ctx: StateCtx, args: Given): Promise<Verdict> {
  if (ctx.host.which('patch') === undefined) return failed('patch executable not found on minion');
  if (args.name === '') return failed('A file/directory to be patched is required');
  const path = await expandUser(args.name);
  if (!isAbsolute(path)) return failed(`${path} is not an absolute path`);
  if (!(await isThere(path))) return failed(`${path} does not exist`);
  const rejects = await rejectsRefused(args.reject_file);
  if (rejects !== undefined) return failed(rejects);
  const options = optionsOf(args);
  if (typeof options === 'string') return failed(options);
  const scratch = await mkdtemp(join(tmpdir(), 'tsalt-patch-'));
  try {
    const verdict = await tryPatch(ctx, { path, args, options, scratch });
    if (!isPlan(verdict) || ctx.testing) return verdict;
    // The patch lies in the scratch directory, so it is applied before that goes.
    return await verdict.apply();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function rejectsRefused(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  if (!isAbsolute(dirname(file))) return `'${file}' is not an absolute path`;
  if (await isDirectory(dirname(file))) return undefined;
  return `Parent directory for reject_file '${file}' either does not exist, or is not a directory`;
}

const FORBIDDEN = ['-N', '--forward', '-r', '--reject-file', '-o', '--output'];

/** Options for `patch`, that of stripping apart; or what is wrong with them. */
function optionsOf({ options, strip }: Given): { readonly more: string[]; readonly strip: number | undefined } | string {
  const words = splitWords(options);
  const refused = words.filter((word) => FORBIDDEN.some((start) => word.startsWith(start)));
  const more: string[] = [];
  let depth = strip;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const short = word.startsWith('-p');
    if (!short && !word.startsWith('--strip')) {
      more.push(word);
      continue;
    }
    const value = short ? word.slice(2) : word.includes('=') ? word.slice(word.lastIndexOf('=') + 1) : words[++index];
    depth = Number(value);
    if (value === undefined || value === '' || !Number.isInteger(depth))
      return `Invalid format for '${short ? '-p' : '-strip'}' CLI option. Consider using the 'strip' option for this state.`;
  }
  if (refused.length > 0) return `The following CLI options are not allowed: ${refused.join(', ')}`;
  return { more, strip: depth };
}

interface Work {
  readonly path: string;
  readonly args: Given;
  readonly options: { readonly more: readonly string[]; readonly strip: number | undefined };
  readonly scratch: string;
}

async function tryPatch(ctx: StateCtx, { path, args, options, scratch }: Work): Promise<Verdict> {
  const fetched = await fetchPatch(ctx, args);
  if ('refused' in fetched) return fetched.refused;
  const { file } = fetched;
  const rejects = args.reject_file ?? join(scratch, 'rejects');
  const stripped = (await isDirectory(path)) && options.strip !== undefined ? [`-p${options.strip}`] : [];
  const run = async (source: string, more: readonly string[], dry_run = false): Promise<Ran> =>
    (await ctx.call('file.patch', [path, source], { options: [...options.more, ...more], dry_run })) as unknown as Ran;
  const trial = await run(file, ['-N', '-r', rejects, '-o', join(scratch, 'output'), ...stripped]);
  if (trial.retcode !== 0) {
    const left = await stat(rejects).catch(() => undefined);
    if (left === undefined || left.size === 0) return failed(trial.stderr);
    const applied = (await run(rejects, ['-R', '-f'], true)).retcode === 0;
    if (trial.retcode === 2 && trial.stderr !== '') return failed(trial.stderr);
    return applied ? inOrder('Patch was already applied') : failed(refusal(args, trial));
  }
  const apply = async (): Promise<Outcome> => {
    const ran = await run(file, stripped);
    return ran.retcode === 0 ? inOrder('Patch successfully applied', ran) : failed('Failed to apply patch', ran);
  };
  return { predicted: { comment: 'The patch would be applied', changes: trial }, apply };
}

function refusal({ reject_file }: Given, trial: Ran): string {
  const hint = reject_file === undefined ? ' Run state again using the reject_file option to save rejects to a persistent file.' : '';
  const lines = Object.entries(trial).map(([key, value]) => {
    const text = textOf(value);
    return `${' '.repeat(14)}${key}:\n${text
      .split('\n')
      .map((line) => `${' '.repeat(18)}${line}`)
      .join('\n')}`;
  });
  return `Patch would not apply cleanly, no changes made. Results of dry-run are below.${hint}\n\n${' '.repeat(14)}----------\n${lines.join('\n')}`;
}

/** Where the patch lies here, or what is wrong with it. It is brought here also under test: it is looked at then. */
async function fetchPatch(ctx: StateCtx, args: Given): Promise<{ readonly file: string } | { readonly refused: Outcome }> {
  const { source_hash = '', source_hash_name = null, skip_verify, template = null, context = null, defaults = null } = args;
  const env =
    typeof args.source === 'string' && args.source.startsWith('salt://') && args.saltenv !== undefined && !args.source.includes('?');
  const wanted = env ? `${String(args.source)}?saltenv=${args.saltenv}` : (args.source ?? null);
  try {
    const [source = null, hash = ''] = (await ctx.call('file.source_list', [wanted, source_hash, ctx.saltenv])) as readonly Returnable[];
    const owner = [null, null, null, null];
    const given = [args.name, template, source, hash, source_hash_name, ...owner, ctx.saltenv, context, defaults, skip_verify];
    const [sfn, sum, problem] = (await ctx.call('file.get_managed', given)) as readonly [Returnable, Sum, Returnable];
    if (typeof problem === 'string' && problem !== '') return { refused: failed(`Unable to manage file: ${problem}`) };
    const file = sfn || (await ctx.call('cp.cache_file', [source, ctx.saltenv]));
    if (typeof file !== 'string' || file === '') return { refused: failed(`Source file '${textOf(source)}' not found`) };
    if (sum?.hsum === undefined || skip_verify || (await ctx.call('file.get_hash', [file, sum.hash_type ?? 'sha256'])) === sum.hsum)
      return { file };
    return { refused: failed(`Specified ${sum.hash_type} checksum for ${textOf(source)} (${sum.hsum}) does not match that of ${file}`) };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { refused: failed(`Unable to manage file: ${error.message}`) };
  }
}

interface Sum extends Readonly<Record<string, Returnable>> {
  readonly hsum: string;
  readonly hash_type: string;
}
