import { chmod, lchown } from 'node:fs/promises';
import { type Ctx, call, type Returnable } from '../../define.ts';
import { changeOwner, statsOf } from './attributes.ts';
import { changeFlags, flagChanges, listFlags } from './flags.ts';
import { expandUser, isDirectory, isLink } from './paths.ts';
import { changeContext, selinuxContext } from './selinux.ts';
import { modeBits, modeWord, textOf } from './words.ts';

/** What a path should have; what is absent stays as it is. */
export interface Permissions {
  readonly user?: Returnable | undefined;
  readonly group?: Returnable | undefined;
  readonly mode?: Returnable | undefined;
  readonly attrs?: Returnable | undefined;
  readonly follow_symlinks?: boolean | undefined;
  readonly seuser?: string | undefined;
  readonly serole?: string | undefined;
  readonly setype?: string | undefined;
  readonly serange?: string | undefined;
}
/** What a state is told; `changes` and `comment` are added to. */
export interface Report {
  name: string;
  result: Returnable;
  comment: Returnable;
  changes: Record<string, Returnable>;
  [more: string]: Returnable;
}

export const SELINUX_ARGS = {
  seuser: { type: 'string', doc: 'the SELinux user' },
  serole: { type: 'string', doc: 'the SELinux role' },
  setype: { type: 'string', doc: 'the SELinux type' },
  serange: { type: 'string', doc: 'the SELinux range' },
} as const;

type Stats = Awaited<ReturnType<typeof statsOf>>;
const isGiven = (value: Returnable | undefined): value is string | number => value != null && value !== '' && value !== 0;
/** Whether the owner wanted is not the one there; both may be a name or a number. */
const otherUser = (user: Returnable | undefined, has: Stats): boolean => isGiven(user) && user !== has.user && user !== has.uid;
const otherGroup = (group: Returnable | undefined, has: Stats): boolean => isGiven(group) && group !== has.group && group !== has.gid;

/** One pass over a path: what it has, what is wanted, what was said. */
class Pass {
  readonly changes: Record<string, Returnable> = {};
  readonly comments: string[] = [];
  failed = false;
  readonly ctx: Ctx;
  readonly place: string;
  readonly wanted: Permissions;
  /** The path is a link, and the link itself is meant. */
  readonly ofLink: boolean;

  constructor(ctx: Ctx, place: string, wanted: Permissions, ofLink: boolean) {
    this.ctx = ctx;
    this.place = place;
    this.wanted = wanted;
    this.ofLink = ofLink;
  }

  fail(comment: string): void {
    this.failed = true;
    this.comments.push(comment);
  }

  /** Under test=True what would change, else whether it did. */
  note(key: string, value: Returnable, stillOther: boolean, touched: boolean): void {
    if (stillOther && !this.ctx.testing) this.fail(`Failed to change ${key} to ${textOf(value)}`);
    else if (stillOther || touched) this.changes[key] = value;
  }
}

/** Gives a path the permissions wanted; answers the report, and what the path had and was given. */
export const applyPermissions = async (
  ctx: Ctx,
  given: string,
  report: Readonly<Record<string, Returnable>> | undefined,
  wanted: Permissions,
): Promise<readonly [Report, Record<string, Returnable>]> => {
  const place = await expandUser(given);
  const follow = wanted.follow_symlinks ?? false;
  const pass = new Pass(ctx, place, wanted, !follow && (await isLink(place)));
  const before = await statsOf(ctx, place, follow);
  const perms: Record<string, Returnable> = {
    luser: typeof wanted.user === 'number' ? before.uid : before.user,
    lgroup: typeof wanted.group === 'number' ? before.gid : before.group,
    lmode: before.mode,
  };
  await owners(pass, before, perms, follow);
  await modes(pass, before, perms);
  await verify(pass, perms, follow);
  if (wanted.attrs != null && !pass.ofLink && !(await isDirectory(place))) await attributeFlags(pass, textOf(wanted.attrs));
  await contexts(pass);
  return [told(pass, report), perms];
};

async function owners(pass: Pass, before: Stats, perms: Record<string, Returnable>, follow: boolean): Promise<void> {
  const { ctx, place, wanted } = pass;
  if (otherUser(wanted.user, before)) perms['cuser'] = wanted.user ?? null;
  if (otherGroup(wanted.group, before)) perms['cgroup'] = wanted.group ?? null;
  if (ctx.testing || !('cuser' in perms || 'cgroup' in perms)) return;
  const wrong = await changeOwner(ctx, place, wanted.user ?? before.user, wanted.group ?? before.group, ...(pass.ofLink ? [lchown] : []));
  if (wrong !== null) pass.fail(wrong);
  // The system takes the set-uid bits off with the owner.
  else if (follow || !pass.ofLink) await chmod(place, modeBits(before.mode));
}

async function modes(pass: Pass, before: Stats, perms: Record<string, Returnable>): Promise<void> {
  const mode = modeWord(pass.wanted.mode);
  if (mode === undefined || pass.ctx.testing || pass.ofLink || mode === before.mode) return;
  perms['cmode'] = mode;
  if (/^[0-7]{4}$/.test(mode)) await chmod(pass.place, modeBits(mode));
}

async function verify(pass: Pass, perms: Record<string, Returnable>, follow: boolean): Promise<void> {
  const { user, group, mode } = pass.wanted;
  const after = await statsOf(pass.ctx, pass.place, follow);
  if (isGiven(user)) pass.note('user', user, otherUser(user, after), 'cuser' in perms);
  if (isGiven(group)) pass.note('group', group, otherGroup(group, after), 'cgroup' in perms);
  const word = modeWord(mode);
  if (word !== undefined && !pass.ofLink) pass.note('mode', word, word !== after.mode, 'cmode' in perms);
}

async function attributeFlags(pass: Pass, wanted: string): Promise<void> {
  const { ctx, place } = pass;
  const shown = async (): Promise<string> => ((await listFlags(ctx, place))?.get(place) ?? []).join('');
  const difference = await flagChanges(ctx, place, wanted);
  if (difference === undefined || (difference.added === '' && difference.removed === '')) return;
  const old = await shown();
  if (!ctx.testing) {
    if (difference.added !== '') await changeFlags(ctx, [place], 'add', difference.added);
    if (difference.removed !== '') await changeFlags(ctx, [place], 'remove', difference.removed);
    const left = await flagChanges(ctx, place, wanted);
    if (left === undefined || left.added !== '' || left.removed !== '') {
      pass.fail(`Failed to change attributes to ${wanted}`);
      const now = await shown();
      if (now !== old) pass.changes['attrs'] = { old, new: now };
      return;
    }
  }
  if (old !== wanted) pass.changes['attrs'] = { old, new: wanted };
}

const PARTS = ['user', 'role', 'type', 'range'] as const;
async function contexts(pass: Pass): Promise<void> {
  const { ctx, place, wanted } = pass;
  const asked = { user: wanted.seuser, role: wanted.serole, type: wanted.setype, range: wanted.serange };
  if (PARTS.every((part) => !asked[part])) return;
  const has = (await selinuxContext(ctx, place)).split(':');
  if (has.length !== PARTS.length) return pass.fail('Failed to get selinux attributes');
  const other = PARTS.map((part, index) => ({ part, old: has[index] ?? '', now: asked[part] ?? '' })).filter(
    ({ old, now }) => now !== '' && now !== old,
  );
  if (other.length === 0) return;
  const words = (side: 'old' | 'now'): string =>
    other.map((one) => `${one.part.charAt(0).toUpperCase()}${one.part.slice(1)}: ${one[side]}`).join(' ');
  if (!ctx.testing) {
    const requested = Object.fromEntries(other.map(({ part, now }) => [part, now]));
    const made = await changeContext(ctx, place, { type: has[2], ...requested }, true);
    if (made === false) return pass.fail('Failed to set selinux attributes');
    pass.comments.push(`The file ${place} is set to be changed`);
  }
  pass.changes['selinux'] = { Old: words('old'), New: words('now') };
}

/** What the pass did, added to a report that may have been begun by others. */
function told({ ctx, place, changes, comments, failed }: Pass, begun: Readonly<Record<string, Returnable>> | undefined): Report {
  const started = begun !== undefined && Object.keys(begun).length > 0 ? begun : undefined;
  const said = started === undefined ? '' : (started['comment'] ?? '');
  const comment = typeof said === 'string' ? [...(said === '' ? [] : [said]), ...comments].join('; ') : comments;
  const all = { ...((started?.['changes'] ?? {}) as Record<string, Returnable>), ...changes };
  const result = failed ? false : (started?.['result'] ?? true);
  const foreseen = ctx.testing && Object.keys(all).length > 0;
  return { name: place, ...started, changes: all, comment, result: foreseen ? null : result };
}

/** Owner, group and mode of something just made. */
export const settle = async (ctx: Ctx, place: string, wanted: Permissions): Promise<void> => {
  await applyPermissions(ctx, place, undefined, wanted);
};

export const permissions = {
  check_perms: call({
    doc: 'Give a path its owner, group, mode and flags; returns what a state tells, and what the path had.',
    examples: ["tsalt '*' file.check_perms /etc/sudoers '{}' root root 400"],
    args: {
      name: { type: 'string', required: true, doc: 'the path' },
      ret: { type: 'any', required: true, doc: 'the result of a state to add to, or {}' },
      user: { type: 'any', required: true, doc: 'the owner' },
      group: { type: 'any', required: true, doc: 'the group' },
      mode: { type: 'any', required: true, doc: 'the mode, in octal' },
      attrs: { type: 'any', doc: 'the flags of the file system, as of chattr' },
      follow_symlinks: { type: 'boolean', default: false, doc: 'look at what a link points to' },
      ...SELINUX_ARGS,
    },
    changes: true,
    async run(ctx, { name, ret, ...wanted }) {
      const report = typeof ret === 'object' && ret !== null && !Array.isArray(ret) ? (ret as Record<string, Returnable>) : undefined;
      return applyPermissions(ctx, name, report, wanted);
    },
  }),
};
