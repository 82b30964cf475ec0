import { RE2JS } from 're2js';
import { pythonText } from '../../kernel/targeting/python.ts';
import type { TargetSpec } from '../../kernel/targeting/target.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';

/**
 * The options `peer` and `peer_run`: `{minion-regex: [rule, ...]}`. A rule is a function-regex, or, for `peer`,
 * a map `{target: [condition, ...]}` of a compound target and what may run there; a condition is a function-regex, or
 * `{function-regex: [{args: [regex, ...], kwargs: {name: regex}}, ...]}`. Expressions are matched whole, in linear time.
 */
export type PeerRules = unknown;

/** What a minion wants to run elsewhere: one function with its arguments in the wire form. */
export interface PeerCall {
  readonly fun: string;
  readonly args: readonly unknown[];
}

/** Ids a target reaches. @throws BadTarget */
export type Reach = (target: TargetSpec) => readonly string[];

/** Whether a runner may be run by `minion`: plain function expressions only, as in Salt. */
export const mayRun = (rules: PeerRules, minion: string, fun: string): boolean =>
  rulesFor(rules, minion).some((rule) => typeof rule === 'string' && matches(rule, fun));

/**
 * Whether `minion` may publish these calls to the target: each of them needs a rule. Patterns on pillar are refused,
 * because a minion could find out the pillar of others by trying.
 */
export function mayPublish(rules: PeerRules, minion: string, calls: readonly PeerCall[], target: TargetSpec, reach: Reach): boolean {
  const own = rulesFor(rules, minion);
  if (own.length === 0 || calls.length === 0 || calls.some(({ fun }) => fun.startsWith('publish.'))) return false;
  const minions = reach(target);
  const exact = exactKind(target.kind);
  if (exact !== target.kind && !isSubset(minions, reach({ ...target, kind: exact }))) return false;
  return calls.every((call) => own.some((rule) => allows(rule, call, minions, reach)));
}

function rulesFor(rules: PeerRules, minion: string): readonly unknown[] {
  return entries(rules).flatMap(([pattern, own]) => (Array.isArray(own) && matches(pattern, minion) ? own : []));
}

function allows(rule: unknown, call: PeerCall, minions: readonly string[], reach: Reach): boolean {
  if (typeof rule === 'string') return matches(rule, call.fun);
  const [entry, ...more] = entries(rule);
  if (entry === undefined || more.length > 0) return false;
  const [where, conditions] = entry;
  if (!isSubset(minions, reach({ kind: 'compound', expression: where }))) return false;
  return listOf(conditions).some((condition) => fits(condition, call));
}

function fits(condition: unknown, call: PeerCall): boolean {
  if (typeof condition === 'string') return matches(condition, call.fun);
  const [entry, ...more] = entries(condition);
  if (entry === undefined || more.length > 0 || !matches(entry[0], call.fun)) return false;
  return listOf(entry[1]).some((demand) => argumentsFit(demand, call.args));
}

/** Arguments beyond those named are free; null allows any value, but there must be one. */
function argumentsFit(demand: unknown, args: readonly unknown[]): boolean {
  const last = args.at(-1);
  const keywords = isMap(last) && last['__kwarg__'] === true ? last : undefined;
  const positional = keywords === undefined ? args : args.slice(0, -1);
  const good = (pattern: unknown, value: unknown): boolean => pattern === null || matches(String(pattern), pythonText(value));
  return (
    isMap(demand) &&
    listOf(demand['args'] ?? []).every((pattern, index) => index < positional.length && good(pattern, positional[index])) &&
    entries(demand['kwargs']).every(
      ([name, pattern]) => keywords !== undefined && Object.hasOwn(keywords, name) && good(pattern, keywords[name]),
    )
  );
}

/** The kind that takes pillar values literally. */
export const exactKind = (kind: string): string =>
  kind === 'pillar' || kind === 'pillar_pcre' ? 'pillar_exact' : kind === 'compound' ? 'compound_pillar_exact' : kind;

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  const set = new Set(all);
  return some.every((id) => set.has(id));
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isMessage(value) || (typeof value === 'object' && value !== null && !Array.isArray(value));
const entries = (value: unknown): [string, unknown][] => (isMap(value) ? Object.entries(value) : []);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Linear time, whatever the pattern: these run at a minion's bidding. */
function matches(pattern: string, text: string): boolean {
  return RE2JS.compile(pattern).matches(text);
}
