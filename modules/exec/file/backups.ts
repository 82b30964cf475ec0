import { chmod, chown, copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Ctx, call, type Returnable } from '../../define.ts';
import { systemText } from './errno.ts';
import { expandUser, isDirectory, isFile } from './paths.ts';
import { textOf } from './words.ts';

const path = { type: 'string', required: true, doc: 'the file that backups were made of' } as const;
const limit = { type: 'any', doc: 'only so many, the newest' } as const;
const backupId = { type: 'any', required: true, doc: 'its number in file.list_backups' } as const;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const STAMP = /^(\w{3})_(\w{3})_(\d{1,2})_(\d{1,2}:\d{1,2}:\d{1,2})_(\d{1,6})_(\d{4})$/;
const two = (number: number): string => String(number).padStart(2, '0');

/** Where the minion keeps backups of the files of a directory. */
const roomOf = (ctx: Ctx, folder: string): string =>
  join(String(ctx.config['cachedir'] ?? '/var/cache/salt/minion'), 'file_backup', folder);

interface Backup {
  readonly order: string;
  readonly entry: { readonly 'Backup Time': string; readonly Size: number; readonly Location: string };
}

/** What a name such as `hosts_Thu_Jan_01_10:00:00_123456_2026` tells, if it is one of a backup of `file`. */
const backupOf = async (room: string, name: string, file: string): Promise<Backup | undefined> => {
  const [, day = '', month = '', date = '', time = '', micros = '', year = ''] =
    (name.startsWith(`${file}_`) ? STAMP.exec(name.slice(file.length + 1)) : null) ?? [];
  const place = join(room, name);
  if (!DAYS.includes(day) || !MONTHS.includes(month) || !(await isFile(place))) return undefined;
  const fraction = micros.padEnd(6, '0');
  const clock = time.split(':').map(Number).map(two).join(':');
  return {
    order: `${year}-${two(MONTHS.indexOf(month))}-${two(Number(date))} ${clock}.${fraction}`,
    entry: {
      'Backup Time': `${day} ${month} ${two(Number(date))} ${year} ${clock}.${fraction}`,
      Size: (await stat(place)).size,
      Location: place,
    },
  };
};

type Numbered = Map<number, Backup['entry']>;
const newestFirst = async (room: string, names: readonly string[], file: string, limited: Returnable | undefined): Promise<Numbered> => {
  const found = (await Promise.all(names.map((name) => backupOf(room, name, file)))).filter((one) => one !== undefined);
  found.sort((one, other) => (one.order < other.order ? 1 : -1));
  const most = limited == null || !/^\s*[+-]?\d+\s*$/.test(textOf(limited)) ? undefined : Number(textOf(limited));
  return new Map(found.slice(0, most).map(({ entry }, index) => [index, entry]));
};

const listBackups = async (ctx: Ctx, given: string, limited?: Returnable): Promise<Numbered> => {
  const place = await expandUser(given);
  const room = roomOf(ctx, dirname(place));
  return (await isDirectory(room)) ? newestFirst(room, await readdir(room), basename(place), limited) : new Map();
};

/** Those of all files of a directory, by the part of their names before the first `_`. */
const listAll = async (ctx: Ctx, given: string, limited: Returnable | undefined): Promise<Map<string, Numbered>> => {
  const room = roomOf(ctx, dirname(await expandUser(given)));
  const found = new Map<string, Numbered>();
  if (!(await isDirectory(room))) return found;
  const names = (await readdir(room)).sort();
  for (const file of new Set(names.map((name) => name.split('_')[0] ?? ''))) {
    const own = names.filter((name) => name.split('_')[0] === file);
    found.set(file, await newestFirst(room, own, file, limited));
  }
  return found;
};

/** Keeps what a file holds now, with its owner and mode, under the minion's cache. Throws what the system says. */
export const backUp = async (ctx: Ctx, place: string): Promise<void> => {
  const now = new Date();
  const micros = String(process.hrtime.bigint() / 1000n).slice(-6);
  const clock = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':');
  const stamp = `${DAYS[now.getDay()]}_${MONTHS[now.getMonth()]}_${two(now.getDate())}_${clock}_${micros}_${now.getFullYear()}`;
  const kept = join(roomOf(ctx, dirname(place)), `${basename(place)}_${stamp}`);
  const { uid, gid, mode } = await stat(place);
  await mkdir(dirname(kept), { recursive: true });
  await copyFile(place, kept);
  await chown(kept, uid, gid);
  await chmod(kept, mode & 0o7777);
};

interface Done extends Readonly<Record<string, Returnable>> {
  readonly result: boolean;
  readonly comment: string;
}

/** Finds the backup of that number and does something with it; answers what it was, or why not. */
const withBackup = async (ctx: Ctx, given: string, id: Returnable, work: (place: string, kept: string) => Promise<Done>): Promise<Done> => {
  const place = await expandUser(given);
  const number = textOf(id);
  if (!/^-?(0|[1-9]\d*)$/.test(number)) return { result: false, comment: `Invalid backup_id '${number}'` };
  const backup = (await listBackups(ctx, place)).get(Number(number));
  if (backup === undefined) return { result: false, comment: `backup_id '${number}' does not exist for ${place}` };
  return work(place, backup.Location);
};

const restore = (ctx: Ctx, given: string, id: Returnable): Promise<Done> =>
  withBackup(ctx, given, id, async (place, kept) => {
    await backUp(ctx, place);
    return copyFile(kept, place).then(
      () => ({ result: true, comment: `Successfully restored ${kept} to ${place}` }),
      (failure: unknown) => ({ result: false, comment: `Unable to restore ${kept} to ${place}: ${systemText(failure)}` }),
    );
  });

const discard = (ctx: Ctx, given: string, id: Returnable): Promise<Done> =>
  withBackup(ctx, given, id, (_place, kept) =>
    rm(kept).then(
      () => ({ result: true, comment: `Successfully removed ${kept}` }),
      (failure: unknown) => ({ result: false, comment: `Unable to remove ${kept}: ${systemText(failure)}` }),
    ),
  );

const listing = (name: string) =>
  call({
    doc: 'The backups of a file that the minion keeps, the newest first.',
    examples: [`tsalt '*' file.${name} /foo/bar/baz.txt`],
    args: { path, limit },
    changes: false,
    run: (ctx, args) => listBackups(ctx, args.path, args.limit),
  });
const discarding = (name: string) =>
  call({
    doc: 'Remove a backup that the minion keeps.',
    examples: [`tsalt '*' file.${name} /var/cache/salt/minion/file_backup/home/foo/bar/baz.txt 0`],
    args: { path, backup_id: backupId },
    changes: true,
    run: (ctx, args) => discard(ctx, args.path, args.backup_id),
  });

export const backups = {
  list_backups: listing('list_backups'),
  list_backup: listing('list_backup'),
  list_backups_dir: call({
    doc: 'The backups of the files of a directory, by file.',
    examples: ["tsalt '*' file.list_backups_dir /foo/bar/baz/"],
    args: { path, limit },
    changes: false,
    run: (ctx, args) => listAll(ctx, args.path, args.limit),
  }),
  restore_backup: call({
    doc: 'Put a backup in the place of the file; what it holds now is kept as another one.',
    examples: ["tsalt '*' file.restore_backup /foo/bar/baz.txt 0"],
    args: { path, backup_id: backupId },
    changes: true,
    run: (ctx, args) => restore(ctx, args.path, args.backup_id),
  }),
  delete_backup: discarding('delete_backup'),
  remove_backup: discarding('remove_backup'),
};
