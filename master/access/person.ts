import { type JobCall, type Matching, mayCall, mayPublish, type Permissions } from './permissions.ts';

/** Something a person was given: by an entry of `external_auth`, or by a role. */
export interface Right {
  /** Everything that can be asked of the master. */
  readonly everything?: true;
  /** All that is marked as changing nothing. */
  readonly reads?: true;
  readonly permissions: Permissions;
  /** Names of groups of minions it is limited to; absent: all minions. */
  readonly groups?: readonly string[];
  /** The same, of the user himself: a minion must be in a group of both. */
  readonly limit?: readonly string[];
}

/** Who is at the door, with what he may do as it is now. */
export interface Person {
  readonly user: string;
  readonly eauth: string;
  readonly roles: readonly string[];
  readonly rights: readonly Right[];
}

/** What a decision needs to know of the house. */
export interface House {
  /** Accepted minions of a compound target; none when it cannot be understood. */
  readonly matching: Matching;
  /** Accepted minions of a group; none when there is no such group. */
  readonly members: (group: string) => ReadonlySet<string>;
  /** Whether a function of the master changes something; undefined when there is none of that name. */
  readonly changes: (form: 'runner' | 'wheel', fun: string) => boolean | undefined;
  /** Why nobody of this name may run these functions; undefined: that is for his permissions to say. */
  readonly barred: (user: string, funs: readonly string[]) => string | undefined;
  /** Whether it is one of those that tell something, nothing secret, and change nothing. */
  readonly reads: (form: 'minion' | 'runner' | 'wheel', fun: string) => boolean;
}

/** Names that functions have: nothing else may slip through a pattern that is anchored at its start alone. */
const FUNCTION = /^[\w-]+(\.[\w-]+)+$/;

export function mayDo(person: Person, call: JobCall, house: House): boolean {
  return (
    call.funs.length > 0 &&
    call.funs.every(
      (fun, at) => FUNCTION.test(fun) && person.rights.some((right) => allows(right, fun, call.args[at] ?? [], call.minions, house)),
    )
  );
}

function allows(right: Right, fun: string, args: readonly unknown[], minions: readonly string[], house: House): boolean {
  if (!minions.every((id) => within(right, id, house))) return false;
  if (right.everything === true || (right.reads === true && house.reads('minion', fun))) return true;
  return mayPublish(right.permissions, { funs: [fun], args: [args], minions }, house.matching);
}

const within = ({ groups, limit }: Right, minion: string, house: House): boolean =>
  [groups, limit].every((names) => names === undefined || names.some((group) => house.members(group).has(minion)));

const isUnlimited = ({ groups, limit }: Right): boolean => groups === undefined && limit === undefined;

/** Functions of the master that tell one who sees some minions of these alone. */
const FOR_SOME = /^(fleet|groups|jobs|manage|cache|plugins|metrics|doc)\./;

/** Whether a runner or wheel function may be called. */
export function mayAsk(
  person: Person,
  form: 'runner' | 'wheel',
  fun: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  house: House,
): boolean {
  if (!FUNCTION.test(fun)) return false;
  return person.rights.some(
    (right) =>
      right.everything === true ||
      (right.reads === true && (isUnlimited(right) || FOR_SOME.test(fun)) && house.reads(form, fun)) ||
      mayCall(right.permissions, form, fun, args, kwargs),
  );
}

/** Whether the person may know of a minion: it is one he can reach with something. */
export function maySee(person: Person, minion: string, house: House): boolean {
  return person.rights.some(
    (right) =>
      within(right, minion, house) &&
      (right.everything === true || right.reads === true || right.permissions.some((entry) => reaches(entry, minion, house.matching))),
  );
}

function reaches(entry: unknown, minion: string, matching: Matching): boolean {
  if (typeof entry === 'string') return !entry.startsWith('@');
  if (typeof entry !== 'object' || entry === null) return false;
  const keys = Object.keys(entry);
  const [key] = keys;
  return keys.length === 1 && key !== undefined && !key.startsWith('@') && (key === '*' || matching(key).has(minion));
}

/** Whether no minion is hidden from the person. */
export const seesAll = (person: Person): boolean =>
  person.rights.some(
    (right) =>
      isUnlimited(right) &&
      (right.everything === true || right.reads === true || right.permissions.some((entry) => reaches(entry, '*', () => NONE))),
  );

const NONE: ReadonlySet<string> = new Set();

/** Whether nothing is hidden from the person: an administrator by role, or by Salt's `.*`, `@runner` and `@wheel`. */
export const isAdministrator = (person: Person): boolean =>
  person.rights.some((right) => isUnlimited(right) && (right.everything === true || isAll(right.permissions)));

const isAll = (permissions: Permissions): boolean =>
  permissions.includes('.*') &&
  (permissions.includes('@runner') || permissions.includes('@runners')) &&
  (permissions.includes('@wheel') || permissions.includes('@wheels'));
