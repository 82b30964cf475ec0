import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { cleanPem } from '../../protocol/suites/salt/keys.ts';
import { isFileSafeId, PEM_MAX } from './ids.ts';

/** Salt's folders below `pki_dir`, by what they mean; a file in one is named after a minion and holds its PEM. */
export const FOLDERS = ['minions_pre', 'minions_rejected', 'minions', 'minions_denied'] as const;
export type Folder = (typeof FOLDERS)[number];
export const AUTOSIGN_FOLDER = 'minions_autosign';

/** A key as found on disk. `mark` changes whenever the file was written or replaced. */
export interface StoredKey {
  readonly pem: string;
  readonly mark: string;
  /** Milliseconds since 1970: when the file was written. */
  readonly since: number;
}

let serial = 0;

/** The files of a master's `pki_dir` as Salt lays them out. Synchronous: a decision and its file are one step. */
export class PkiDirectory {
  readonly path: string;
  readonly #readableByGroup: boolean;

  /** Makes missing folders, 0700 (0750 with Salt's `permissive_pki_access`). @throws TsaltError `pki-unusable` */
  constructor(path: string, readableByGroup = false) {
    this.path = path;
    this.#readableByGroup = readableByGroup;
    try {
      for (const folder of ['', ...FOLDERS, AUTOSIGN_FOLDER]) this.#makeFolder(folder);
    } catch (cause) {
      throw new TsaltError(
        'pki-unusable',
        `pki_dir ${path} cannot be prepared: ${messageOf(cause)}; give it to the user the master runs as`,
        { cause },
      );
    }
  }

  /** Ids that have a file in a folder; none when the folder is gone. */
  names(folder: Folder): string[] {
    try {
      return readdirSync(join(this.path, folder)).filter(isFileSafeId);
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  /** Undefined when there is no such regular file, or it is too long to be a key. */
  read(folder: Folder, id: string): StoredKey | undefined {
    const file = this.#file(folder, id);
    try {
      const stat = lstatSync(file);
      if (!stat.isFile() || stat.size > PEM_MAX) return undefined;
      return { pem: cleanPem(readFileSync(file, 'utf8')), mark: `${stat.ino}:${stat.mtimeMs}:${stat.size}`, since: stat.mtimeMs };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  mark(folder: Folder, id: string): string | undefined {
    const stat = lstatSync(this.#file(folder, id), { throwIfNoEntry: false });
    return stat?.isFile() ? `${stat.ino}:${stat.mtimeMs}:${stat.size}` : undefined;
  }

  /** Changes whenever a file came to a folder or left it; undefined when the folder is gone. */
  folderMark(folder: Folder): number | undefined {
    return statSync(join(this.path, folder), { throwIfNoEntry: false })?.mtimeMs;
  }

  /** Beside and renamed, so that nobody reads half a key. @throws TsaltError `key-not-stored` */
  write(folder: Folder, id: string, pem: string): StoredKey {
    const file = this.#file(folder, id);
    const beside = join(this.path, folder, `.${process.pid}-${serial++}.new`);
    try {
      writeFileSync(beside, `${cleanPem(pem)}\n`, { mode: this.#readableByGroup ? 0o640 : 0o600, flag: 'wx' });
      this.#giveToOwner(beside, folder);
      const { ino, mtimeMs, size } = lstatSync(beside);
      renameSync(beside, file);
      return { pem: cleanPem(pem), mark: `${ino}:${mtimeMs}:${size}`, since: mtimeMs };
    } catch (cause) {
      rmSync(beside, { force: true });
      throw new TsaltError('key-not-stored', `the key of ${id} could not be written to ${join(this.path, folder)}: ${messageOf(cause)}`, {
        cause,
        retry: true,
      });
    }
  }

  /** Takes a file to another folder, whatever was there. @throws TsaltError `key-not-stored` */
  move(from: Folder, to: Folder, id: string): void {
    try {
      renameSync(this.#file(from, id), this.#file(to, id));
    } catch (cause) {
      throw new TsaltError('key-not-stored', `${join(this.path, from, id)} could not be moved to ${to}: ${messageOf(cause)}`, {
        cause,
        retry: true,
      });
    }
  }

  /** @throws TsaltError `key-not-removed` */
  remove(folder: Folder, id: string): void {
    try {
      rmSync(this.#file(folder, id), { force: true });
    } catch (cause) {
      throw new TsaltError('key-not-removed', `${join(this.path, folder, id)}: ${messageOf(cause)}`, { cause });
    }
  }

  /** The master's own key files, `*.pem` and `*.pub`, without symlinks. */
  localNames(): string[] {
    return readdirSync(this.path, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(pem|pub)$/.test(entry.name))
      .map((entry) => entry.name);
  }

  readLocal(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  #makeFolder(folder: string): void {
    const path = join(this.path, folder);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const mode = statSync(path).mode & 0o777;
    const allowed = this.#readableByGroup ? 0o750 : 0o700;
    if ((mode & ~allowed) !== 0) chmodSync(path, mode & allowed);
  }

  /** What root writes for a master that runs as another user must be that user's. */
  #giveToOwner(file: string, folder: string): void {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(join(this.path, folder));
    if (uid !== 0) chownSync(file, uid, gid);
  }

  #file(folder: Folder, id: string): string {
    if (!isFileSafeId(id)) throw new TsaltError('bad-minion-id', `not a minion id: ${JSON.stringify(id).slice(0, 80)}`);
    return join(this.path, folder, id);
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
