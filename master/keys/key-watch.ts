import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS, type Folder, type PkiDirectory } from './pki-directory.ts';

const SETTLE_MS = 40;
const POLL_MS = 1_000;

/**
 * Tells which ids another program (a real `salt-key`, an operator's `rm`) may have changed. The kernel's
 * notices come at once; a look at the folders each second finds what they miss (network file systems,
 * folders made anew, an overflown queue).
 */
export class KeyWatch {
  readonly #directory: PkiDirectory;
  readonly #changed: (ids: ReadonlySet<string>) => void;
  readonly #strangers: (folder: Folder) => readonly string[];
  readonly #watchers = new Map<Folder, FSWatcher>();
  readonly #marks = new Map<Folder, number | undefined>();
  readonly #poll: NodeJS.Timeout;
  #noticed = new Set<string>();
  #settle: NodeJS.Timeout | undefined;

  constructor(directory: PkiDirectory, strangers: (folder: Folder) => readonly string[], changed: (ids: ReadonlySet<string>) => void) {
    this.#directory = directory;
    this.#strangers = strangers;
    this.#changed = changed;
    for (const folder of FOLDERS) this.#watch(folder);
    this.#poll = setInterval(() => this.#look(), POLL_MS).unref();
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: Folder): void {
    try {
      const watcher = watch(join(this.#directory.path, folder), { persistent: false }, (_, name) => this.#notice(name));
      watcher.on('error', () => this.#unwatch(folder)); // the poll goes on, and tries again
      this.#watchers.set(folder, watcher);
    } catch {
      this.#watchers.delete(folder); // no watches left, or no folder: the poll is enough
    }
  }

  #unwatch(folder: Folder): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #notice(name: string | null): void {
    if (name === null || name.startsWith('.')) return;
    this.#noticed.add(name);
    this.#settle ??= setTimeout(() => this.#tell(), SETTLE_MS).unref();
  }

  #look(): void {
    for (const folder of FOLDERS) {
      const mark = this.#directory.folderMark(folder);
      if (mark === this.#marks.get(folder)) continue;
      this.#marks.set(folder, mark);
      for (const id of this.#strangers(folder)) this.#noticed.add(id);
      this.#unwatch(folder);
      if (mark !== undefined) this.#watch(folder);
    }
    if (this.#noticed.size > 0) this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#settle);
    this.#settle = undefined;
    const ids = this.#noticed;
    this.#noticed = new Set();
    this.#changed(ids);
  }
}
