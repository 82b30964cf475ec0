import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { splitWords } from '../../../modules/exec/cmd/words.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';
import type { Contents, Job } from './args.ts';

interface Ended {
  readonly pid: number;
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Unpacks an archive, and tells what was in it, or how it failed. */
export async function unpack(ctx: StateCtx, job: Job, archive: string): Promise<readonly string[] | string | Outcome> {
  try {
    if (job.format !== 'tar') return (await byModule(ctx, job, archive)) as readonly string[];
    return job.options === undefined ? await plainTar(ctx, job, archive) : await tarWithOptions(ctx, job, archive, job.options);
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
}

async function byModule(ctx: StateCtx, { args, name, format, options, byUnzip, most }: Job, archive: string): Promise<Returnable> {
  const { keep: _keep, keep_source: _keepSource, ...more } = ctx.extra;
  const how: Record<string, Returnable> = { ...more, trim_output: most ?? false };
  if (format === 'rar') return ctx.call('archive.unrar', [archive, name], how);
  if (options !== undefined) how['options'] = options;
  if (args.password != null) how['password'] = args.password;
  return byUnzip
    ? ctx.call('archive.cmd_unzip', [archive, name], how)
    : ctx.call('archive.unzip', [archive, name], { ...how, extract_perms: args.extract_perms });
}

const run = async (ctx: StateCtx, argv: readonly string[], cwd: string): Promise<Ended> =>
  (await ctx.call('cmd.run_all', [argv], { cwd, python_shell: false })) as unknown as Ended;

async function plainTar(ctx: StateCtx, { name, most }: Job, archive: string): Promise<readonly string[] | Outcome> {
  const ended = await run(ctx, ['tar', '--extract', '--preserve-permissions', '--file', archive], name);
  if (ended.retcode !== 0) return failed(`Failed to read from tar archive: ${ended.stderr}`);
  const listed = await run(ctx, ['tar', '--list', '--absolute-names', '--quoting-style=literal', '--file', archive], name);
  return linesOf(listed.stdout, most).map((path) => path.replace(/(?<=.)\/+$/, ''));
}

async function tarWithOptions(
  ctx: StateCtx,
  { name, most }: Job,
  archive: string,
  options: string,
): Promise<readonly string[] | string | Outcome> {
  if (ctx.host.which('tar') === undefined) return failed('tar command not available, it might not be installed on minion');
  const words = splitWords(options).filter((word) => !['v', '-v', '--verbose'].includes(word));
  const [first] = words;
  // Letters without a dash come first, together with those that are always there.
  const letters = first !== undefined && !first.startsWith('-') ? first.replace(/[xf]/g, '') : undefined;
  const ended = await run(ctx, ['tar', `xv${letters ?? ''}`, ...words.slice(letters === undefined ? 0 : 1), '-f', archive], name);
  if (ended.retcode !== 0) return failed('', { ...ended });
  const lines = linesOf(ended.stdout, most);
  return lines.length === 0 ? 'no tar output so far' : lines;
}

const linesOf = (text: string, most: number | undefined): string[] => (text === '' ? [] : text.split('\n').slice(0, most));

/** Takes away what is to go before an archive is unpacked, and tells what went, or what could not. */
export async function clear(job: Job, contents: Contents): Promise<{ readonly removed?: Returnable; readonly unfit?: string }> {
  const { args, name } = job;
  if (args.clean_parent) {
    const { gone, errors } = await remove([name]);
    if (errors.length > 0)
      return { unfit: [`Unable to remove the directory ${name}. The following errors were observed:\n`, ...errors].join('\n') };
    return gone.length > 0 ? { removed: `Directory ${name} was removed prior to the extraction` } : {};
  }
  if (!args.clean) return {};
  const { gone, errors } = await remove([...contents.top_level_dirs, ...contents.top_level_files].map((path) => join(name, path)));
  if (errors.length > 0)
    return { unfit: ['One or more paths could not be cleaned. The following errors were observed:\n', ...errors].join('\n') };
  return gone.length > 0 ? { removed: gone } : {};
}

/** Removes paths; those that are not there are not counted. */
export async function remove(paths: readonly string[]): Promise<{ readonly gone: string[]; readonly errors: string[] }> {
  const [gone, errors]: [string[], string[]] = [[], []];
  for (const path of paths) {
    try {
      await rm(path.replace(/\/+$/, ''), { recursive: true });
      gone.push(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') errors.push(`- ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { gone, errors };
}
