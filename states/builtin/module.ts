import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import type { Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { failed, foreseen, inOrder, isPlan, type Outcome, type Plan, type StateCtx, state, stateModule, type Verdict } from '../define.ts';
import { ENGINE_KEYWORDS } from '../engine/keywords.ts';

const ARGS = { name: { type: 'any', doc: 'in the older form, the function' } } as const;
type PlainMap = Readonly<Record<string, Returnable>>;

/** Calls of execution modules. */
export default stateModule({
  name: 'module',
  doc: 'Calls of execution modules.',
  states: {
    run: state({
      doc: 'Calls functions, each with a list of its arguments; or, in the older form, the one that `name` names.',
      examples: ['show:\n  module.run:\n    - test.echo:\n      - text: hello'],
      args: ARGS,
      extra: 'functions with their arguments',
      check: async (ctx, { name }) => await run(ctx, String(name ?? '')),
    }),
    wait: state({
      doc: 'Calls a function when something it watches has changed.',
      args: ARGS,
      extra: 'its arguments',
      check: async () => inOrder(''),
    }),
  },
  watch: async (ctx, { name }) => {
    const verdict = await run(ctx, String(name ?? ''));
    if (!isPlan(verdict)) return verdict;
    return ctx.testing ? foreseen(verdict) : await verdict.apply();
  },
});

async function run(ctx: StateCtx, name: string): Promise<Verdict> {
  const given = Object.entries(ctx.extra).filter(([key]) => !ENGINE_KEYWORDS.has(key) && key !== 'sfun');
  const older = given.length === 0 || given.some(([key]) => !key.includes('.') && key !== 'returner');
  if (older) return await runNamed(ctx, name, Object.fromEntries(given));
  return await runListed(
    ctx,
    given.filter(([key]) => key.includes('.')),
    given.map(([key]) => key),
  );
}

/** A function may be listed several times, told apart by what follows a colon. */
const functionOf = (key: string): string => key.split(':')[0] ?? key;

async function runListed(ctx: StateCtx, functions: readonly (readonly [string, Returnable])[], shown: readonly string[]): Promise<Verdict> {
  const more = { name: shown };
  const missing: string[] = [];
  for (const [key] of functions) if (!(await ctx.has(functionOf(key)))) missing.push(functionOf(key));
  const there = functions.map(([key]) => functionOf(key)).filter((fun) => !missing.includes(fun));
  // Salt puts the word True where it means a plural.
  const plural = (list: readonly string[]): string => (list.length > 1 ? 'True' : '');
  const wouldRun = `Function${plural(there)} ${there.join(', ')} to be executed.`;
  if (missing.length > 0) {
    const absent = `Unavailable function${plural(missing)}: ${missing.join(', ')}.`;
    return { ...failed(ctx.testing && there.length > 0 ? `${absent} ${wouldRun}` : absent), more };
  }
  return { predicted: { comment: wouldRun, changes: {}, more }, apply: async () => ({ ...(await callAll(ctx, functions)), more }) };
}

async function callAll(ctx: StateCtx, functions: readonly (readonly [string, Returnable])[]): Promise<Outcome> {
  const changes: Record<string, Returnable> = Object.create(null);
  const [failures, successes]: [string[], string[]] = [[], []];
  for (const [key, args] of functions) {
    try {
      const answer = await ctx.call(functionOf(key), ...argumentsOf(args));
      const comment = isMap(answer) ? answer['comment'] : undefined;
      if (succeeded(answer)) {
        changes[key] = answer;
        successes.push(`${key}: ${isMap(answer) ? String(comment ?? 'Success') : str(fromPlain(answer))}`);
      } else failures.push(isMap(answer) ? `'${key}' failed: ${String(comment ?? '(error message N/A)')}` : `'${key}': False`);
    } catch (error) {
      failures.push(`'${key}' failed: ${messageOf(error)}`);
    }
  }
  return { result: failures.length === 0, comment: [...failures, ...successes].join(', '), changes };
}

/** Maps of a list are keywords, all else is positional. */
function argumentsOf(args: Returnable): [Returnable[], PlainMap] {
  const list = args === null ? [] : Array.isArray(args) ? (args as Returnable[]) : [args];
  const keywords: Record<string, Returnable> = Object.create(null);
  for (const arg of list) if (isMap(arg)) Object.assign(keywords, arg);
  return [list.filter((arg) => !isMap(arg)), keywords];
}

/** The form of old: arguments that a state would take for its own have `m_` before them. */
async function runNamed(ctx: StateCtx, fun: string, { returner: _returner, ...given }: PlainMap): Promise<Verdict> {
  if (!(await ctx.has(fun))) return failed(`Module function ${fun} is not available`);
  const plan: Plan = {
    predicted: { comment: `Module function ${fun} is set to execute`, changes: {} },
    apply: async () => {
      const { args, kwargs, ...rest } = given;
      const keywords = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key.replace(/^m_/, ''), value]));
      try {
        const answer = await ctx.call(fun, Array.isArray(args) ? args : [], { ...keywords, ...(isMap(kwargs) ? kwargs : {}) });
        return { result: succeeded(answer), comment: `Module function ${fun} executed`, changes: { ret: answer } };
      } catch (error) {
        return failed(`Module function ${fun} threw an exception. Exception: ${messageOf(error)}`);
      }
    },
  };
  return plan;
}

const isMap = (value: Returnable | undefined): value is PlainMap =>
  typeof value === 'object' && value !== null && [null, Object.prototype].includes(Object.getPrototypeOf(value));

/** False, a `result` of false and a `retcode` other than 0, at any depth, are failures. */
function succeeded(answer: Returnable): boolean {
  if (typeof answer === 'boolean') return answer;
  if (!isMap(answer)) return true;
  return Object.entries(answer).every(
    ([key, value]) => !(key === 'result' && value === false) && !(key === 'retcode' && value !== 0) && (!isMap(value) || succeeded(value)),
  );
}
