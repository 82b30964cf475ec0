import type { EventBus } from '../../kernel/events/bus.ts';
import { compileTarget } from '../../kernel/targeting/compile.ts';
import { kinds } from '../../kernel/targeting/kinds/index.ts';
import type { Nodegroups, TargetSpec } from '../../kernel/targeting/target.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { nodegroupsOf } from '../fleet/nodegroups.ts';
import type { StateStore } from '../state/sqlite.ts';

/** A named target. What is attached to it (plugins, watchers) is by name. */
export interface Group {
  readonly name: string;
  /** Salt's `tgt_type`. */
  readonly kind: string;
  readonly expression: string;
  readonly description: string;
  readonly plugins: readonly string[];
  /** Users who may see the members of the group. */
  readonly watchers: readonly string[];
  /** Those of the option `nodegroups` can only be changed there. */
  readonly source: 'saved' | 'config';
}

export interface Groups {
  /** Sorted by name. */
  list(): readonly Group[];
  get(name: string): Group | undefined;
  /** @throws TsaltError `bad-group` when there is no such group */
  need(name: string): Group;
  /** All of them as targeting takes them: `-N name`, `N@name`. */
  nodegroups(): Nodegroups;
  /** @throws TsaltError `bad-group` naming what is wrong; nothing is changed then */
  save(group: Omit<Group, 'source'>): Group;
  /** @throws TsaltError `bad-group` when it is not there, comes from the configuration, or another one refers to it */
  remove(name: string): void;
}

export interface GroupsParts {
  readonly state: StateStore;
  /** The option `nodegroups` as it was written, read each time, so that a reload takes effect. */
  readonly configured: () => unknown;
  readonly bus: EventBus;
}

/** A group as a target. */
export const groupTarget = ({ name }: Pick<Group, 'name'>): TargetSpec => ({ kind: 'nodegroup', expression: name });

const BANK = 'groups';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const LONGEST = 16 * 1024;

const bad = (text: string): TsaltError => new TsaltError('bad-group', text);

/** Saved groups are kept in the state store; a name of the configuration hides a saved one. */
export function createGroups({ state, configured, bus }: GroupsParts): Groups {
  let made: { readonly from: unknown; readonly all: readonly Group[]; readonly nodegroups: Nodegroups } | undefined;
  const current = () => {
    const from = configured();
    if (made === undefined || made.from !== from) made = { from, ...build(nodegroupsOf(from), state) };
    return made;
  };
  const changed = (name: string): void => {
    made = undefined;
    state.flush();
    bus.fire('tsalt/groups/changed', { name });
  };
  const get = (name: string): Group | undefined => current().all.find((group) => group.name === name);

  const need = (name: string): Group => {
    const group = get(name);
    if (group === undefined) throw bad(`There is no group ${name}.`);
    return group;
  };

  return {
    list: () => current().all,
    get,
    need,
    nodegroups: () => current().nodegroups,
    save: (given) => {
      const group = checked(given);
      if (get(group.name)?.source === 'config') throw readOnly(group.name);
      check(group, current().nodegroups);
      const { name, ...rest } = group;
      state.set(BANK, name, rest);
      changed(name);
      return { ...group, source: 'saved' };
    },
    remove: (name) => {
      const group = need(name);
      if (group.source === 'config') throw readOnly(name);
      const { [name]: _gone, ...left } = current().nodegroups;
      for (const other of Object.keys(left)) {
        if (mentions(left[other], name)) throw bad(`The group ${other} refers to ${name}; change that one first.`);
      }
      state.delete(BANK, name);
      changed(name);
    },
  };
}

const readOnly = (name: string): TsaltError =>
  bad(`The group ${name} comes from the option nodegroups of the master and can only be changed there.`);

function build(from: Nodegroups, state: StateStore) {
  const all = new Map<string, Group>();
  for (const [name, value] of state.entries(BANK)) {
    const group = stored(name, value);
    if (group !== undefined) all.set(name, group);
  }
  const nodegroups: Record<string, string | readonly string[]> = Object.create(null);
  for (const group of all.values()) nodegroups[group.name] = wordsOf(group);
  for (const [name, value] of Object.entries(from)) {
    nodegroups[name] = value;
    const expression = typeof value === 'string' ? value : value.join(' ');
    all.set(name, { name, kind: 'compound', expression, description: '', plugins: [], watchers: [], source: 'config' });
  }
  return { all: [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), nodegroups };
}

function stored(name: string, value: unknown): Group | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, expression, description, plugins, watchers } = value as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || typeof expression !== 'string') return undefined;
  return {
    name,
    kind,
    expression,
    description: String(description ?? ''),
    plugins: texts(plugins),
    watchers: texts(watchers),
    source: 'saved',
  };
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

function checked(given: Omit<Group, 'source'>): Omit<Group, 'source'> {
  const { name, expression } = given;
  if (!NAME.test(name))
    throw bad(`${JSON.stringify(name.slice(0, 80))} cannot name a group: use up to 64 letters, digits, ".", "_" and "-".`);
  if (expression.trim() === '') throw bad(`The group ${name} needs an expression that says which minions it means.`);
  if (expression.length + given.description.length > LONGEST)
    throw bad(`The group ${name} is described by more than ${LONGEST} characters.`);
  return { ...given, expression: expression.trim() };
}

/**
 * A group as the words of a compound expression, in parentheses: without those a glob such as `web?` would be read as
 * a regular expression (see `expandNodegroup`).
 */
export function wordsOf({ name, kind, expression }: Pick<Group, 'name' | 'kind' | 'expression'>): readonly string[] {
  if (kind === 'compound') return ['(', ...expression.split(/\s+/).filter((word) => word !== ''), ')'];
  if (kind === 'nodegroup') return ['(', `N@${expression}`, ')'];
  const word =
    kind === 'list'
      ? `L@${expression
          .split(/[\s,]+/)
          .filter((id) => id !== '')
          .join(',')}`
      : kind === 'glob'
        ? expression
        : lettered(name, kind, expression);
  if (/\s/.test(word))
    throw bad(
      `The group ${name}: an expression of the kind ${kind} cannot hold blanks, because groups are sent as parts of compound targets; write "?" or "." for the blank.`,
    );
  return ['(', word, ')'];
}

function lettered(name: string, kind: string, expression: string): string {
  const letter = kinds.find((one) => one.name === kind)?.letter;
  if (letter !== undefined) return `${letter}@${expression}`;
  const known = ['glob', 'compound', 'nodegroup', ...kinds.filter((one) => one.letter !== undefined).map((one) => one.name)];
  throw bad(`The group ${name}: ${JSON.stringify(kind)} cannot be a kind of group; use one of ${[...new Set(known)].sort().join(', ')}.`);
}

/**
 * It can be understood, refers to what there is, and not to itself: a circle that a change makes goes through what was changed.
 * What is wrong with a compound expression is told without the parentheses that it gets as a group.
 */
function check(group: Omit<Group, 'source'>, groups: Nodegroups): void {
  const { name, kind, expression } = group;
  const words = wordsOf(group);
  try {
    if (kind === 'compound') compileTarget({ kind, expression }, groups);
    compileTarget({ kind: 'nodegroup', expression: name }, { ...groups, [name]: words });
  } catch (error) {
    throw bad(`The group ${name} cannot be saved: ${messageOf(error)}`);
  }
}

const mentions = (group: string | readonly string[] | undefined, name: string): boolean =>
  (typeof group === 'string' ? group.split(/\s+/) : (group ?? [])).includes(`N@${name}`);
