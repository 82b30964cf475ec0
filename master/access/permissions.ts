import { splitArguments } from '../../kernel/loader/arguments.ts';
import type { ArgSpec } from '../../kernel/loader/callable.ts';
import { hasKey, isMapping, lookUp, type Mapping, pythonText } from '../../kernel/targeting/python.ts';
import { begins, fits } from './patterns.ts';

/**
 * The permission language of Salt's `external_auth`: what `CkMinions.fill_auth_list`, `auth_check` and `spec_check` of
 * Salt 3008.3 (salt/utils/minions.py) decide is decided the same here, with these differences, each of which only refuses more:
 * - every function of a job must be allowed, not one of them;
 * - conditions on arguments must hold however the minion reads them: `name=value` as a text and as a keyword.
 */
export type Permissions = readonly unknown[];

/** A job as it is about to be published. */
export interface JobCall {
  readonly funs: readonly string[];
  /** For each function its arguments, in Salt's wire form. */
  readonly args: readonly (readonly unknown[])[];
  /** Ids the target reaches. */
  readonly minions: readonly string[];
}

/** Accepted minions a compound target matches. A target that cannot be understood matches none. */
export type Matching = (compound: string) => ReadonlySet<string>;

/** Always allowed: the question whether a job still runs, without which no job could be followed. */
const ALWAYS = new Set(['saltutil.find_job']);

/**
 * The permissions of a user: those of his name (exact, glob or regular expression), of his groups (`group%`), and those of
 * `*` if no name matched, or always when `permissive` (Salt's `permissive_acl`). A new list: the configuration stays as it is.
 */
export function permissionsOf(
  table: Readonly<Record<string, unknown>>,
  name: string,
  groups: readonly string[],
  permissive: boolean,
): unknown[] {
  const found: unknown[] = [];
  let named = false;
  for (const [key, entries] of Object.entries(table)) {
    if (key.startsWith('^') || (key === '*' && !permissive)) continue;
    if (key.endsWith('%')) {
      if (groups.includes(key.replace(/%+$/, ''))) found.push(...listOf(entries));
    } else if (fits(key, name)) {
      named = true;
      found.push(...listOf(entries));
    }
  }
  if (!permissive && !named && Object.hasOwn(table, '*')) found.push(...listOf(table['*']));
  return found;
}

/** Whether each function of the job may run on each of its minions. */
export function mayPublish(permissions: Permissions, call: JobCall, matching: Matching): boolean {
  return (
    call.funs.length > 0 &&
    call.funs.every((fun, at) => ALWAYS.has(fun) || mayRun(permissions, fun, call.args[at] ?? [], call.minions, matching))
  );
}

function mayRun(permissions: Permissions, fun: string, args: readonly unknown[], minions: readonly string[], matching: Matching): boolean {
  return permissions.some((entry) => {
    if (typeof entry === 'string') return begins(entry, fun);
    const scoped = single(entry);
    return scoped !== undefined && inside(scoped[0], minions, matching) && listed(scoped[1], fun, readings(args));
  });
}

/** Every minion is one of those of the entry; `@runner` and its kind are no minions. */
function inside(target: string, minions: readonly string[], matching: Matching): boolean {
  if (target === '*') return true;
  if (target.startsWith('@')) return false;
  const allowed = matching(target);
  return minions.every((minion) => allowed.has(minion));
}

/** Whether the runner or wheel function may be called: `@runner`, `@runners`, `@<module>`, and maps below these. */
export function mayCall(
  permissions: Permissions,
  form: 'runner' | 'wheel',
  fun: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): boolean {
  const [module, name, ...rest] = fun.split('.');
  if (module === undefined || name === undefined || rest.length > 0) return false;
  const given = [{ args, kwargs }];
  return permissions.some((entry) => {
    if (typeof entry === 'string') return [`@${module}`, `@${form}`, `@${form}s`].includes(entry);
    const scoped = single(entry);
    if (scoped === undefined) return false;
    const [key, conditions] = scoped;
    if (key === `@${module}` && listed(conditions, name, given)) return true;
    return (key === `@${form}` || key === `@${form}s`) && listed(conditions, fun, given);
  });
}

/** Arguments as one reading of them has it. */
interface Given {
  readonly args: readonly unknown[];
  readonly kwargs: Mapping | undefined;
}

/** Whether one of the conditions names the function and, if it has conditions on arguments, they hold in every reading. */
function listed(conditions: unknown, fun: string, given: readonly Given[]): boolean {
  return listOf(conditions).some((condition) => {
    if (typeof condition === 'string') return begins(condition, fun);
    const detailed = single(condition);
    return (
      detailed !== undefined && begins(detailed[0], fun) && given.every((reading) => listOf(detailed[1]).some((one) => holds(one, reading)))
    );
  });
}

/** `{args: [by position], kwargs: {by name}}`: regular expressions on the value as Python writes it; null takes anything. */
function holds(condition: unknown, { args, kwargs }: Given): boolean {
  if (!isMapping(condition)) return false;
  const positions = lookUp(condition, 'args') ?? [];
  const names = lookUp(condition, 'kwargs') ?? {};
  if (!Array.isArray(positions) || !isMapping(names)) return false;
  const byPosition = positions.every((pattern, at) => at < args.length && (pattern === null || begins(pattern, pythonText(args[at]))));
  return (
    byPosition &&
    pairs(names).every(
      ([name, pattern]) =>
        kwargs !== undefined && hasKey(kwargs, name) && (pattern === null || begins(pattern, pythonText(lookUp(kwargs, name)))),
    )
  );
}

const pairs = (map: Mapping): [string, unknown][] =>
  (map instanceof Map ? [...map] : Object.entries(map)).map(([key, value]) => [String(key), value]);

/**
 * The ways a minion may read the arguments: maps with `__kwarg__: true` are keywords wherever they stand, the later ones
 * win; and a text `name=value` is a keyword where the function takes such a one, and moves all after it one place to the left.
 */
function readings(given: readonly unknown[]): Given[] {
  const args: unknown[] = [];
  const kwargs = new Map<unknown, unknown>();
  let maps = 0;
  for (const value of given) {
    if (isMapping(value) && lookUp(value, '__kwarg__') === true) {
      maps += 1;
      for (const [key, item] of pairs(value)) kwargs.set(key, item);
    } else args.push(value);
  }
  const { positional, keywords } = splitArguments(given, TAKES_ANY);
  const literal = { args, kwargs: maps === 0 ? undefined : kwargs };
  return positional.length === args.length ? [literal] : [literal, { args: positional, kwargs: keywords }];
}

/** A function of `*args, **kwargs`. */
const TAKES_ANY: ArgSpec = { args: null, defaults: null, varargs: true, kwargs: true };

/** The one pair of a map of one; other maps are malformed and allow nothing. */
function single(entry: unknown): [string, unknown] | undefined {
  if (!isMapping(entry)) return undefined;
  const all = pairs(entry);
  return all.length === 1 ? all[0] : undefined;
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
