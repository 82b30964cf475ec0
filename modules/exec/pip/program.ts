import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { CommandFailed, CommandNotFound, type Ctx, type Returnable } from '../../define.ts';

/** Where and as whom pip runs. */
export interface Where {
  readonly bin_env?: string | undefined;
  readonly user?: string | undefined;
  readonly cwd?: string | undefined;
  readonly env_vars?: Returnable | undefined;
  readonly use_vt?: boolean | undefined;
  readonly saltenv?: string | undefined;
}
export interface Ended {
  readonly pid: number;
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}
type Options = Readonly<Record<string, Returnable>>;

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The words that start pip: that of a virtual environment, of a python, or the program itself. */
export function pipOf(ctx: Ctx, bin_env: string | undefined): string[] {
  if (!bin_env) {
    const python = ctx.host.which('python3');
    if (python === undefined) throw new CommandNotFound('Could not find a `pip` binary');
    return [python, '-m', 'pip'];
  }
  if (isDirectory(bin_env)) return [pythonIn(bin_env), '-m', 'pip'];
  if (!isExecutable(bin_env)) throw new CommandNotFound(`Access denied to ${bin_env}, could not find a pip binary`);
  if (!isFile(bin_env)) throw new CommandFailed(`Could not find a pip binary within ${bin_env}`);
  return basename(bin_env).includes('python') ? [normalize(bin_env), '-m', 'pip'] : [normalize(bin_env)];
}

function pythonIn(folder: string): string {
  const bin = join(folder, 'bin');
  const versions = isDirectory(bin) ? readdirSync(bin).filter((name) => /^python\d+(\.\d+)?$/.test(name)) : [];
  const names = versions.sort((a, b) => Number(b === 'python3') - Number(a === 'python3') || (a < b ? -1 : 1));
  const places = [join(folder, 'python'), join(bin, 'python'), join(folder, 'Scripts', 'python'), ...names.map((name) => join(bin, name))];
  const found = places.find((path) => isFile(path) && isExecutable(path));
  if (found === undefined) throw new CommandNotFound(`Could not find a pip binary in virtualenv ${folder}`);
  return normalize(found);
}

/** A value as Python writes it. */
const worded = (value: Returnable): string =>
  value === null ? 'None' : typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);

function variables(env_vars: Returnable | undefined): Record<string, string> {
  if (!env_vars) return {};
  if (typeof env_vars !== 'object' || Array.isArray(env_vars)) throw new CommandFailed(`env_vars ${String(env_vars)} is not a dictionary`);
  return Object.fromEntries(Object.entries(env_vars).map(([key, value]) => [key, worded(value)]));
}

/** Runs pip, and tells how it ended. `more`: further options of `cmd.run_all`. */
export async function runPip(ctx: Ctx, where: Where, words: readonly string[], more: Options = {}): Promise<Ended> {
  const { bin_env, user, cwd, use_vt, saltenv } = where;
  const env: Record<string, string> = variables(where.env_vars);
  if (bin_env && isDirectory(bin_env)) env['VIRTUAL_ENV'] = bin_env;
  const options: Record<string, Returnable> = { python_shell: false, ...more };
  if (Object.keys(env).length > 0) options['env'] = { ...(more['env'] as object | undefined), ...env };
  if (user) options['runas'] = user;
  if (cwd) options['cwd'] = cwd;
  if (use_vt) options['use_vt'] = true;
  if (saltenv !== undefined) options['saltenv'] = saltenv;
  return (await ctx.call('cmd.run_all', [[...pipOf(ctx, bin_env), ...words]], options)) as unknown as Ended;
}

/** As `runPip`. @throws CommandFailed, with all that pip said, if it fails */
export async function askPip(ctx: Ctx, where: Where, words: readonly string[], more: Options = {}): Promise<Ended> {
  const ended = await runPip(ctx, where, words, more);
  if (ended.retcode !== 0) throw told(ended.stderr, ended);
  return ended;
}

/** A failure with how the program ended, as Salt words it. */
export function told(message: string, ended: Ended): CommandFailed {
  const start = message === '' ? '' : `${message}${/[.?!]$/.test(message) ? '' : '.'} `;
  const lines = (['pid', 'retcode', 'stderr', 'stdout'] as const).flatMap((key) => [
    `${key}:`,
    ...String(ended[key])
      .split('\n')
      .map((line) => `    ${line}`),
  ]);
  return new CommandFailed(`${start}Additional info follows:\n\n${lines.join('\n')}`);
}

/** The version of pip; null when it does not say. */
export async function versionOf(ctx: Ctx, { bin_env, cwd, user }: Where): Promise<string | null> {
  const options = { python_shell: false, ...(cwd ? { cwd } : {}), ...(user ? { runas: user } : {}) };
  const ended = (await ctx.call('cmd.run_all', [[...pipOf(ctx, bin_env), '--version']], options)) as unknown as Ended;
  if (ended.retcode !== 0) throw new CommandNotFound('Could not find a `pip` binary');
  return /^pip (\S+)/.exec(ended.stdout)?.[1] ?? null;
}

/** Whether a version of pip is that one or a later one, by its numbers. */
export function isFrom(version: string | null, least: string): boolean {
  const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const [has, needs] = [numbers(version ?? ''), numbers(least)];
  const at = needs.findIndex((number, index) => (has[index] ?? 0) !== number);
  return at < 0 || (has[at] ?? 0) > (needs[at] ?? 0);
}
