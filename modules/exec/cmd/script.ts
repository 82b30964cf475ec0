import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { accountOf } from './account.ts';
import type { CommandArgs } from './arguments.ts';
import { execute, type Result, usesShell } from './execute.ts';
import { quoteWord, splitWords, wordOf } from './words.ts';

export interface ScriptArgs extends Omit<CommandArgs, 'cmd'> {
  readonly source: string;
  readonly args?: Returnable | undefined;
}

const NOT_CACHED = { pid: 0, retcode: 1, stdout: '', stderr: '', cache_error: true } as const;

/** Fetches a script, runs it from a private copy that only its user can read, and removes the copy. */
export const runScript = async (ctx: Ctx, { source, args, ...rest }: ScriptArgs): Promise<Result> => {
  const saltenv = rest.saltenv ?? String(ctx.config['saltenv'] ?? 'base');
  const cached = await ctx.call('cp.cache_file', [source, saltenv]);
  if (typeof cached !== 'string' || cached === '') return NOT_CACHED;
  const path = join(rest.cwd == null ? tmpdir() : wordOf(rest.cwd), temporaryName(extname(source.replace(/\?.*$/, ''))));
  try {
    await place(ctx, cached, path, source, rest.template, saltenv);
    await chmod(path, 0o500);
    if (rest.runas !== undefined) await chown(path, (await accountOf(ctx, rest.runas)).uid, -1);
    const words = argumentsOf(args);
    const run =
      words.length > 0
        ? { cmd: [path, ...words], python_shell: false }
        : { cmd: [usesShell(ctx, { ...rest, cmd: path }) ? quoteWord(path) : path] };
    const { template: _rendered, ...how } = rest;
    return await execute(ctx, { ...how, ...run });
  } finally {
    await rm(path, { force: true });
  }
};

/** Runs a program text through an interpreter. */
export const runCode = async (
  ctx: Ctx,
  {
    lang,
    code,
    args,
    ...rest
  }: Omit<CommandArgs, 'cmd'> & { readonly lang: string; readonly code: string; readonly args?: Returnable | undefined },
): Promise<Result> => {
  const path = join(tmpdir(), temporaryName(''));
  try {
    await writeFile(path, code, { mode: 0o600, flag: 'wx' });
    if (rest.runas !== undefined) await chown(path, (await accountOf(ctx, rest.runas)).uid, -1);
    const words = args == null ? [] : Array.isArray(args) ? args.map(wordOf) : [wordOf(args)];
    return await execute(ctx, { ...rest, cmd: [lang, path, ...words], python_shell: false }, rest.redirect_stderr);
  } finally {
    await rm(path, { force: true });
  }
};

const temporaryName = (extension: string): string => `__salt.tmp.${randomBytes(6).toString('hex')}${extension}`;

const argumentsOf = (args: Returnable | undefined): string[] => {
  if (args == null || args === '') return [];
  return Array.isArray(args) ? args.map(wordOf) : splitWords(wordOf(args));
};

/** What the call gave for the template besides. */
const variables = ({ extra }: Ctx): Readonly<Record<string, Returnable>> =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__')));

/** Copies the script to its place, rendered if a template engine is asked for and the text has tags. */
const place = async (
  ctx: Ctx,
  cached: string,
  path: string,
  source: string,
  template: string | undefined,
  saltenv: string,
): Promise<void> => {
  const tagged = template !== undefined && template !== '' && /\{[{%#]/.test(await readFile(cached, 'latin1'));
  if (!tagged) return copyFile(cached, path);
  if (!(await ctx.has('cp.get_template'))) {
    throw new CommandFailed(`cmd.script: ${source} holds ${template} tags, and this minion has no cp.get_template to render it`);
  }
  await ctx.call('cp.get_template', [source, path, template, saltenv], variables(ctx));
};
