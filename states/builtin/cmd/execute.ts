import { stat } from 'node:fs/promises';
import type { Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { told } from './stateful.ts';

export type Given = Readonly<Record<string, Returnable | undefined>>;

/** Arguments that the execution module takes under the same name. */
const PASSED = ['cwd', 'runas', 'shell', 'env', 'umask', 'timeout', 'hide_output', 'success_retcodes', 'success_stdout', 'success_stderr'];
const PASSED_TO_RUN = [...PASSED, 'root', 'prepend_path', 'stdin', 'python_shell'];
const PASSED_TO_SCRIPT = [...PASSED, 'args', 'template', 'context', 'saltenv', 'stdin'];
/** Further arguments of the state that are handed on, as Salt hands on all of them. */
const HANDED_ON = ['group', 'bg', 'output_encoding', 'reset_system_locale', 'password'];
const HANDED_TO_RUN = [...HANDED_ON, 'clean_env', 'rstrip', 'template', 'ignore_retcode', 'redirect_stderr', 'encoded_cmd'];

/** One way to run a command: by its line, or by a script that is fetched. */
interface Way {
  readonly quote: '"' | "'";
  readonly foreseen: Readonly<Record<string, Returnable>>;
  /** Where a script comes from. */
  readonly source: string;
  run(): Promise<Returnable>;
}

/** `cmd.run`: runs the line. */
export function runLine(ctx: StateCtx, args: Given): Verdict | Promise<Verdict> {
  const name = String(args['name']);
  const way = (line: string): Way => ({
    quote: '"',
    foreseen: { cmd: line },
    source: line,
    run: async () => await ctx.call('cmd.run_all', [line], passed(ctx, args, [...PASSED_TO_RUN, ...HANDED_TO_RUN])),
  });
  return planned(ctx, args, name, way);
}

/** `cmd.script`: fetches the script and runs it. Arguments may stand after the name. */
export function runScript(ctx: StateCtx, args: Given): Verdict | Promise<Verdict> {
  for (const key of ['context', 'defaults'])
    if (isOdd(args[key])) return failed(`Invalidly-formatted '${key}' parameter. Must be formed as a dict.`);
  const name = String(args['name']);
  const [, after] = /^\S+ (.*\S.*)$/s.exec(name) ?? [];
  const variables = { ...mapOf(args['defaults']), ...mapOf(args['context']) };
  const given: Given = { ...args, args: args['args'] ?? after, context: args['template'] === undefined ? undefined : variables };
  const way = (script: string): Way => ({
    quote: "'",
    foreseen: {},
    source: String(args['source'] ?? script),
    run: async () =>
      await ctx.call('cmd.script', [String(args['source'] ?? script)], {
        saltenv: ctx.saltenv,
        ...passed(ctx, given, [...PASSED_TO_SCRIPT, ...HANDED_ON]),
        python_shell: true,
      }),
  });
  return planned(ctx, args, name, way);
}

const isMap = (value: Returnable | undefined): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Neither a map nor nothing. */
const isOdd = (value: Returnable | undefined): boolean =>
  !(isMap(value) || value === undefined || value === null || value === '' || value === false || value === 0);
const mapOf = (value: Returnable | undefined): Readonly<Record<string, Returnable>> =>
  isMap(value) ? (value as Readonly<Record<string, Returnable>>) : {};

function planned(ctx: StateCtx, args: Given, name: string, way: (command: string) => Way): Verdict | Promise<Verdict> {
  const { env, stateful } = args;
  if (env !== undefined && typeof env !== 'object') return failed("Invalidly-formatted 'env' parameter. See documentation.");
  const instead = Array.isArray(stateful) ? mapOf(stateful[0])['test_name'] : undefined;
  // A command that only tells what would change may run when nothing else may.
  if (ctx.testing && instead !== undefined) return carriedOut(ctx, args, String(instead), way(String(instead)), true);
  const { quote, foreseen } = way(name);
  const comment = `Command ${quote}${name}${quote} would have been executed`;
  const predicted = isStateful(stateful) ? { comment: '', changes: {} } : { comment, changes: foreseen };
  return { predicted, apply: async () => await carriedOut(ctx, args, name, way(name), false) };
}

const isStateful = (stateful: Returnable | undefined): boolean => stateful === true || (Array.isArray(stateful) && stateful.length > 0);

async function carriedOut({ saltenv }: StateCtx, args: Given, name: string, way: Way, testing: boolean): Promise<Outcome> {
  const cwd = args['cwd'];
  if (typeof cwd === 'string' && (await stat(cwd).catch(() => undefined))?.isDirectory() !== true)
    return failed(`Desired working directory "${cwd}" is not available`);
  let ran: Readonly<Record<string, Returnable>>;
  try {
    ran = mapOf(await way.run());
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
  const overran = args['ignore_timeout'] === true && ran['retcode'] === 1 && String(ran['stdout']).includes('Timed out after');
  if (overran) ran = { ...ran, retcode: 0 };
  const success = ran['retcode'] === 0;
  const outcome = isStateful(args['stateful'])
    ? told(success, ran)
    : { result: success, changes: ran, comment: `Command ${way.quote}${name}${way.quote} run` };
  if (ran['cache_error'] === true) return { ...outcome, comment: `Unable to cache script ${way.source} from saltenv '${saltenv}'` };
  return testing && success && Object.keys(outcome.changes).length > 0 ? { ...outcome, result: null } : outcome;
}

function passed(ctx: StateCtx, args: Given, names: readonly string[]): Record<string, Returnable> {
  const kwargs: Record<string, Returnable> = Object.create(null);
  for (const key of names) {
    const value = args[key] ?? ctx.extra[key];
    if (value !== undefined) kwargs[key] = value;
  }
  if (kwargs['shell'] === undefined && typeof ctx.grains['shell'] === 'string') kwargs['shell'] = ctx.grains['shell'];
  return kwargs;
}
