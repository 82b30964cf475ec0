import { existsSync } from 'node:fs';
import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { type Data, isDict, isTrue } from '../../kernel/render/python/value.ts';
import type { Returnable } from '../../modules/define.ts';
import type { StateCtx } from '../define.ts';
import type { Chunk } from './chunk.ts';

/** What a condition says: `skip` with the comment Salt gives. */
export interface Condition {
  readonly skip: boolean;
  readonly comment: string;
  readonly skipWatch: boolean;
}

const COMMAND_ARGUMENTS = ['cwd', 'root', 'runas', 'env', 'prepend_path', 'umask', 'timeout', 'success_retcodes'];

/** `onlyif`, `unless` and `creates` of a chunk together: any of them may keep it from running. */
export async function conditions(ctx: StateCtx, chunk: Chunk): Promise<Condition> {
  const found: Condition[] = [];
  const { args } = chunk;
  const onlyif = args.get('onlyif');
  const unless = args.get('unless');
  const creates = args.get('creates');
  if (onlyif !== undefined) found.push(await checkOnlyif(ctx, chunk, listOf(onlyif)));
  if (unless !== undefined) found.push(await checkUnless(ctx, chunk, listOf(unless)));
  if (creates !== undefined) found.push(checkCreates(creates));
  return {
    skip: found.some(({ skip }) => skip),
    comment: found.map(({ comment }) => comment).join('\n'),
    skipWatch: found.some(({ skipWatch }) => skipWatch),
  };
}

export const hasConditions = ({ args }: Chunk): boolean => args.has('onlyif') || args.has('unless') || args.has('creates');
const listOf = (value: Data): readonly Data[] => (Array.isArray(value) ? value : [value]);
const run = (comment: string): Condition => ({ skip: false, comment, skipWatch: false });
const skip = (comment: string): Condition => ({ skip: true, comment, skipWatch: true });

/** All must hold. */
async function checkOnlyif(ctx: StateCtx, chunk: Chunk, entries: readonly Data[]): Promise<Condition> {
  if (entries.length === 0) throw new Error("onlyif: the list is empty, there is nothing that could hold ('comment')");
  let last = run('');
  for (const entry of entries) {
    if (typeof entry === 'string')
      last = (await succeeds(ctx, chunk, entry, 100)) ? run('onlyif condition is true') : skip('onlyif condition is false');
    else if (isDict(entry)) {
      if (!entry.has('fun')) return run(`no \`fun\` argument in onlyif: ${str(entry)}`);
      last = (await holds(ctx, entry)) ? run('onlyif condition is true') : skip('onlyif condition is false');
    } else return run('onlyif execution failed, bad type passed');
    if (last.skip) return last;
  }
  return last;
}

/** The state is skipped only if all hold. */
async function checkUnless(ctx: StateCtx, chunk: Chunk, entries: readonly Data[]): Promise<Condition> {
  if (entries.length === 0) throw new Error("unless: the list is empty, there is nothing that could hold ('comment')");
  let last = run('unless condition is false');
  for (const entry of entries) {
    if (typeof entry === 'string')
      last = (await succeeds(ctx, chunk, entry, 0)) ? skip('unless condition is true') : run('unless condition is false');
    else if (isDict(entry)) {
      if (!entry.has('fun')) return run(`no \`fun\` argument in unless: ${str(entry)}`);
      last = (await holds(ctx, entry)) ? skip('unless condition is true') : run('unless condition is false');
    } else last = run('unless condition is false, bad type passed');
    if (!last.skip) return last;
  }
  return last;
}

function checkCreates(creates: Data): Condition {
  if (typeof creates === 'string' && existsSync(creates)) return skip(`${creates} exists`);
  if (Array.isArray(creates) && creates.every((path) => typeof path === 'string' && existsSync(path)))
    return skip('All files in creates exist');
  return run('Creates files not found');
}

/** Whether a command ends with 0. One that cannot be started counts as `whenBroken`. */
async function succeeds(ctx: StateCtx, chunk: Chunk, command: string, whenBroken: number): Promise<boolean> {
  try {
    return (await ctx.call('cmd.retcode', [command], commandOptions(ctx, chunk))) === 0;
  } catch (error) {
    ctx.log.warn(`condition of ${chunk.id}: ${error instanceof Error ? error.message : String(error)}`);
    return whenBroken === 0;
  }
}

function commandOptions(ctx: StateCtx, { args }: Chunk): Record<string, Returnable> {
  const options: Record<string, Returnable> = { ignore_retcode: true, python_shell: true };
  const excluded = new Set(listOf(args.get('cmd_opts_exclude') ?? []));
  for (const name of COMMAND_ARGUMENTS) {
    const value = args.get(name);
    if (value !== undefined && value !== null && !excluded.has(name)) options[name] = toPlain(value) as Returnable;
  }
  const shell = args.get('shell') ?? ctx.grains['shell'];
  if (typeof shell === 'string' && !excluded.has('shell')) options['shell'] = shell;
  return options;
}

/** A condition of the form `fun: x` with its arguments: true by Python's truth. */
async function holds(ctx: StateCtx, entry: ReadonlyMap<Data, Data>): Promise<boolean> {
  const kwargs: Record<string, Returnable> = Object.create(null);
  for (const [key, value] of entry)
    if (key !== 'fun' && key !== 'args' && key !== 'get_return') kwargs[str(key)] = toPlain(value) as Returnable;
  const args = listOf(entry.get('args') ?? []).map((arg) => toPlain(arg) as Returnable);
  const answer = fromPlain(await ctx.call(str(entry.get('fun') ?? null), args, kwargs));
  const path = entry.get('get_return');
  return isTrue(typeof path === 'string' ? at(answer, path) : answer);
}

function at(value: Data, path: string): Data {
  return path.split(':').reduce<Data>((here, step) => {
    if (isDict(here)) return (here as ReadonlyMap<Data, Data>).get(step) ?? null;
    return Array.isArray(here) ? (here[Number(step)] ?? null) : null;
  }, value);
}

/** `check_cmd`: its commands' verdict is the state's. */
export async function checkCommand(ctx: StateCtx, commands: Data): Promise<{ readonly result: boolean; readonly comment?: string }> {
  // No command has said that it went well.
  if (Array.isArray(commands) && commands.length === 0) return { result: false };
  const options: Record<string, Returnable> = { ignore_retcode: true, python_shell: true };
  if (typeof ctx.grains['shell'] === 'string') options['shell'] = ctx.grains['shell'];
  for (const command of listOf(commands)) {
    if (typeof command !== 'string') throw new Error(`check_cmd: a command is text, not ${str(command)}`);
    const code = await ctx.call('cmd.retcode', [command], options);
    if (code !== 0) return { result: false, comment: 'check_cmd determined the state failed' };
  }
  return { result: true, comment: 'check_cmd determined the state succeeded' };
}
