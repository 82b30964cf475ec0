import { createHash } from 'node:crypto';
import { type BigIntStats, createReadStream } from 'node:fs';
import { chmod, chown, lchown, lstat, realpath, stat, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CallRefused, CommandFailed, type Ctx, call, type Floating, float, type Returnable } from '../../define.ts';
import { groupId, groupName, userId, userName } from './accounts.ts';
import { systemText } from './errno.ts';
import { absolute, exists, expandUser, isFile } from './paths.ts';
import { modeBits, modeText } from './words.ts';

const path = { type: 'string', required: true, doc: 'the path' } as const;
const followSymlinks = { type: 'boolean', default: true, doc: 'look at what a link points to' } as const;

/** Added up as Python adds them, so that the last digits agree. */
const seconds = (nanoseconds: bigint): Floating =>
  float(Number(nanoseconds / 1_000_000_000n) + 1e-9 * Number(nanoseconds % 1_000_000_000n));
const typeOf = (status: BigIntStats): string => {
  if (status.isDirectory()) return 'dir';
  if (status.isCharacterDevice()) return 'char';
  if (status.isBlockDevice()) return 'block';
  if (status.isSymbolicLink()) return 'link';
  if (status.isFIFO()) return 'pipe';
  return status.isSocket() ? 'socket' : 'file';
};

interface Stats extends Readonly<Record<string, Returnable>> {
  readonly uid: number;
  readonly gid: number;
  readonly user: string | number;
  readonly group: string | number;
  readonly mode: string;
}

/** What Salt tells of a path. Throws CommandFailed with Salt's text, which states look for, if it is not there. */
export const statsOf = async (ctx: Ctx, given: string, follow = true, hash?: string): Promise<Stats> => {
  const place = await expandUser(given);
  const status = await statusOf(place, follow);
  if (status === undefined) throw new CommandFailed(`Path not found: ${place}`);
  return {
    inode: Number(status.ino),
    uid: Number(status.uid),
    gid: Number(status.gid),
    group: await groupName(ctx, Number(status.gid)),
    user: await userName(ctx, Number(status.uid)),
    atime: seconds(status.atimeNs),
    mtime: seconds(status.mtimeNs),
    ctime: seconds(status.ctimeNs),
    size: Number(status.size),
    mode: modeText(Number(status.mode)),
    ...(hash ? { sum: await hashOf(place, hash) } : {}),
    type: typeOf(status),
    target: follow ? await realpath(place).catch(() => place) : resolve(place),
  };
};

/** A link that points nowhere is looked at itself. */
const statusOf = async (place: string, follow: boolean): Promise<BigIntStats | undefined> => {
  const itself = () => lstat(place, { bigint: true }).catch(() => undefined);
  return follow ? stat(place, { bigint: true }).catch(itself) : itself();
};

/** The digest of a file, in hexadecimal. Throws CommandFailed for an unknown algorithm or an unreadable file. */
export const hashOf = async (place: string, form: string): Promise<string> => {
  if (!/^(md5|sha1|sha224|sha256|sha384|sha512)$/.test(form)) throw new CommandFailed(`Invalid hash type: ${form}`);
  const hash = createHash(form);
  try {
    await pipeline(createReadStream(place), hash);
  } catch (failure) {
    throw new CommandFailed(`Unable to read: ${systemText(failure, place)}`);
  }
  return hash.digest('hex');
};

export const LENGTHS: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 56: 'sha224', 64: 'sha256', 96: 'sha384', 128: 'sha512' };
const checkHash = async (place: string, given: string): Promise<boolean> => {
  const [, named, value = given] = /^([^:=]+)[:=](.*)$/.exec(given) ?? [];
  const form = named ?? LENGTHS[given.length];
  if (form === undefined) {
    const known = Object.entries(LENGTHS).map(([length, name]) => `${name} (${length})`);
    throw new CallRefused(
      `Hash ${given} (length: ${given.length}) could not be matched to a supported hash type. ` +
        `The supported hash types and lengths are: ${known.join(', ')}`,
    );
  }
  return (await hashOf(await expandUser(place), form)) === value;
};

/** Changes owners; answers Salt's text of what is wrong, or null. */
export const changeOwner = async (ctx: Ctx, given: string, user: Returnable, group: Returnable, change = chown): Promise<string | null> => {
  const place = await expandUser(given);
  const [uid, gid] = [await userId(ctx, user), await groupId(ctx, group)];
  const wrong = [uid === '' && user ? 'User does not exist\n' : '', gid === '' && group ? 'Group does not exist\n' : ''].join('');
  const ids = [uid === '' ? -1 : uid, gid === '' ? -1 : gid] as const;
  if (change === chown && !(await exists(place))) {
    const isLink = await lstat(place).then(
      () => true,
      () => false,
    );
    if (!isLink) return `${wrong}File not found`;
    if (wrong === '') await lchown(place, ...ids);
    return wrong || null;
  }
  if (wrong !== '') return wrong;
  await change(place, ...ids);
  return null;
};

const attribute = <K extends 'uid' | 'gid' | 'user' | 'group' | 'mode'>(key: K, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' file.get_${key} /etc/passwd`],
    args: { path, follow_symlinks: followSymlinks },
    changes: false,
    run: async (ctx, args) => (await statsOf(ctx, args.path, args.follow_symlinks))[key] as string | number,
  });

export const attributes = {
  stats: call({
    doc: 'Owner, mode, size, times, type and target of a path.',
    examples: ["tsalt '*' file.stats /etc/passwd"],
    args: { path, hash_type: { type: 'string', doc: 'also give this digest of the content' }, follow_symlinks: followSymlinks },
    changes: false,
    run: (ctx, args) => statsOf(ctx, args.path, args.follow_symlinks, args.hash_type),
  }),
  lstat: call({
    doc: 'What lstat(2) tells of a path; an empty map if it is not there.',
    examples: ["tsalt '*' file.lstat /path/to/file"],
    args: { path },
    changes: false,
    async run(_ctx, args): Promise<Returnable> {
      const place = await absolute(args.path, 'Path to file must be absolute.');
      const status = await lstat(place, { bigint: true }).catch(() => undefined);
      if (status === undefined) return {};
      const { atimeNs, ctimeNs, mtimeNs, gid, mode, nlink, size, uid } = status;
      return {
        st_atime: seconds(atimeNs),
        st_ctime: seconds(ctimeNs),
        st_gid: Number(gid),
        st_mode: Number(mode),
        st_mtime: seconds(mtimeNs),
        st_nlink: Number(nlink),
        st_size: Number(size),
        st_uid: Number(uid),
      };
    },
  }),
  statvfs: call({
    doc: 'Blocks and inodes of the file system that holds a path.',
    examples: ["tsalt '*' file.statvfs /path/to/file"],
    args: { path },
    changes: false,
    async run(_ctx, args) {
      const place = await absolute(args.path);
      const fs = await statfs(place).catch(() => undefined);
      if (fs === undefined) throw new CommandFailed(`Could not statvfs '${place}'`);
      const { bavail, bfree, blocks, bsize, ffree, files } = fs;
      return {
        f_bavail: bavail,
        f_bfree: bfree,
        f_blocks: blocks,
        f_bsize: bsize,
        f_favail: ffree,
        f_ffree: ffree,
        f_files: files,
        f_frsize: bsize,
      };
    },
  }),
  get_uid: attribute('uid', 'The number of the owner.'),
  get_gid: attribute('gid', 'The number of the group.'),
  get_user: attribute('user', 'The name of the owner.'),
  get_group: attribute('group', 'The name of the group.'),
  get_mode: attribute('mode', 'The permission bits, such as 0644.'),
  set_mode: call({
    doc: 'Set the permission bits, and return them.',
    examples: ["tsalt '*' file.set_mode /etc/passwd 0644"],
    args: { path, mode: { type: 'any', required: true, doc: 'in octal' } },
    changes: true,
    async run(ctx, args) {
      const place = await expandUser(args.path);
      if (!(await exists(place))) throw new CommandFailed(`${place}: File not found`);
      await chmod(place, modeBits(args.mode));
      return (await statsOf(ctx, place)).mode;
    },
  }),
  chown: call({
    doc: 'Set owner and group; returns what is wrong, or None.',
    examples: ["tsalt '*' file.chown /etc/passwd root root"],
    args: {
      path,
      user: { type: 'any', required: true, doc: 'name or number' },
      group: { type: 'any', required: true, doc: 'name or number' },
    },
    changes: true,
    run: (ctx, args) => changeOwner(ctx, args.path, args.user, args.group),
  }),
  lchown: call({
    doc: 'Set owner and group of a link itself; returns what is wrong, or None.',
    examples: ["tsalt '*' file.lchown /etc/mtab root root"],
    args: {
      path,
      user: { type: 'any', required: true, doc: 'name or number' },
      group: { type: 'any', required: true, doc: 'name or number' },
    },
    changes: true,
    run: (ctx, args) => changeOwner(ctx, args.path, args.user, args.group, lchown),
  }),
  chgrp: call({
    doc: 'Set the group; returns what is wrong, or None.',
    examples: ["tsalt '*' file.chgrp /etc/passwd root"],
    args: { path, group: { type: 'any', required: true, doc: 'name or number' } },
    changes: true,
    run: async (ctx, args) => changeOwner(ctx, args.path, null, args.group),
  }),
  uid_to_user: call({
    doc: 'The name of a user number, or the number if it has none.',
    examples: ["tsalt '*' file.uid_to_user 0"],
    args: { uid: { type: 'number', required: true, doc: 'the number' } },
    changes: false,
    run: (ctx, { uid }) => userName(ctx, uid),
  }),
  user_to_uid: call({
    doc: 'The number of a user name, or an empty text if there is none.',
    examples: ["tsalt '*' file.user_to_uid root"],
    args: { user: { type: 'any', required: true, doc: 'the name' } },
    changes: false,
    run: (ctx, { user }) => userId(ctx, user),
  }),
  gid_to_group: call({
    doc: 'The name of a group number, or the number if it has none.',
    examples: ["tsalt '*' file.gid_to_group 0"],
    args: { gid: { type: 'any', required: true, doc: 'the number' } },
    changes: false,
    async run(ctx, { gid }) {
      const number = typeof gid === 'string' && /^\d+$/.test(gid) ? Number(gid) : await groupId(ctx, gid);
      return number === '' ? '' : groupName(ctx, number);
    },
  }),
  group_to_gid: call({
    doc: 'The number of a group name, or an empty text if there is none.',
    examples: ["tsalt '*' file.group_to_gid root"],
    args: { group: { type: 'any', required: true, doc: 'the name' } },
    changes: false,
    run: (ctx, { group }) => groupId(ctx, group),
  }),
  get_hash: call({
    doc: 'A digest of the content.',
    examples: ["tsalt '*' file.get_hash /etc/shadow sha512"],
    args: {
      path,
      form: { type: 'string', default: 'sha256', doc: 'md5, sha1, sha224, sha256, sha384 or sha512' },
      chunk_size: { type: 'number', default: 65536, doc: 'not used' },
    },
    changes: false,
    run: async (_ctx, args) => hashOf(await expandUser(args.path), args.form),
  }),
  get_sum: call({
    doc: 'A digest of the content, or `File not found`.',
    examples: ["tsalt '*' file.get_sum /etc/passwd sha512"],
    args: { path, form: { type: 'string', default: 'sha256', doc: 'md5, sha1, sha224, sha256, sha384 or sha512' } },
    changes: false,
    async run(_ctx, args) {
      const place = await expandUser(args.path);
      return (await isFile(place)) ? hashOf(place, args.form) : 'File not found';
    },
  }),
  check_hash: call({
    doc: 'Whether the content has a digest, given as `md5=...` or alone.',
    examples: ["tsalt '*' file.check_hash /etc/fstab md5=e138491e9d5b97023cea823fe17bac22"],
    args: { path, file_hash: { type: 'string', required: true, doc: 'the digest' } },
    changes: false,
    run: (_ctx, args) => checkHash(args.path, args.file_hash),
  }),
};
