import { FOLDERS, type Folder, type PkiDirectory, type StoredKey } from './pki-directory.ts';

/** One of the three states a key can be in; denied keys stand beside them. */
export type KeyState = Exclude<Folder, 'minions_denied'>;

export interface Standing {
  readonly state: KeyState;
  readonly key: StoredKey;
}

/** The order in which Salt looks for an id that has files in several folders. */
const PRECEDENCE: readonly KeyState[] = ['minions_rejected', 'minions_pre', 'minions'];

/**
 * What the folders hold, in memory: `accepted` is asked for each frame. Each map is in the order in which
 * the keys came, so the oldest is its first.
 */
export class KeyIndex {
  readonly #directory: PkiDirectory;
  readonly #folders: Readonly<Record<Folder, Map<string, StoredKey>>> = {
    minions: new Map(),
    minions_pre: new Map(),
    minions_rejected: new Map(),
    minions_denied: new Map(),
  };

  #acceptedIds: readonly string[] | undefined;

  constructor(directory: PkiDirectory) {
    this.#directory = directory;
    for (const folder of FOLDERS) this.#load(folder);
  }

  standing(id: string): Standing | undefined {
    for (const state of PRECEDENCE) {
      const key = this.#folders[state].get(id);
      if (key !== undefined) return { state, key };
    }
    return undefined;
  }

  accepted(id: string): string | undefined {
    const key = this.#folders.minions.get(id);
    if (key === undefined || this.#folders.minions_rejected.has(id) || this.#folders.minions_pre.has(id)) return undefined;
    return key.pem;
  }

  /** Sorted; asked for at each publication. */
  acceptedIds(): readonly string[] {
    this.#acceptedIds ??= [...this.#folders.minions.keys()].filter((id) => this.accepted(id) !== undefined).sort();
    return this.#acceptedIds;
  }

  denied(id: string): string | undefined {
    return this.#folders.minions_denied.get(id)?.pem;
  }

  pem(folder: Folder, id: string): string | undefined {
    return this.#folders[folder].get(id)?.pem;
  }

  ids(folder: Folder): IterableIterator<string> {
    return this.#folders[folder].keys();
  }

  size(folder: Folder): number {
    return this.#folders[folder].size;
  }

  oldest(folder: Folder): string | undefined {
    return this.#folders[folder].keys().next().value;
  }

  /** Stores a key in one state and takes the id out of the others. */
  place(state: KeyState, id: string, pem: string): void {
    this.#put(state, id, this.#directory.write(state, id, pem));
    for (const other of PRECEDENCE) if (other !== state) this.remove(other, id);
  }

  /** Takes a stored key to a state: one step on the disk, so that no crash can lose it or leave it twice. */
  move(from: Folder, to: KeyState, id: string): void {
    const key = this.#folders[from].get(id);
    if (key === undefined) return;
    this.#directory.move(from, to, id);
    this.#folders[from].delete(id);
    this.#put(to, id, key);
    for (const other of PRECEDENCE) if (other !== to) this.remove(other, id);
  }

  deny(id: string, pem: string): void {
    this.#put('minions_denied', id, this.#directory.write('minions_denied', id, pem));
  }

  remove(folder: Folder, id: string): void {
    if (!this.#folders[folder].has(id)) return;
    this.#directory.remove(folder, id);
    this.#folders[folder].delete(id);
    this.#acceptedIds = undefined;
  }

  /** Takes over what the files of one id say now. */
  refresh(id: string): void {
    for (const folder of FOLDERS) {
      const mark = this.#directory.mark(folder, id);
      if (mark === this.#folders[folder].get(id)?.mark) continue;
      const key = this.#directory.read(folder, id);
      this.#acceptedIds = undefined;
      if (key === undefined) this.#folders[folder].delete(id);
      else this.#put(folder, id, key);
    }
  }

  /** Ids that came to a folder or left it without our doing. */
  strangers(folder: Folder): string[] {
    const there = new Set(this.#directory.names(folder));
    const known = this.#folders[folder];
    return [...[...there].filter((id) => !known.has(id)), ...[...known.keys()].filter((id) => !there.has(id))];
  }

  #put(folder: Folder, id: string, key: StoredKey): void {
    this.#acceptedIds = undefined;
    this.#folders[folder].delete(id);
    this.#folders[folder].set(id, key);
  }

  #load(folder: Folder): void {
    const keys = this.#directory.names(folder).flatMap((id) => {
      const key = this.#directory.read(folder, id);
      return key === undefined ? [] : [{ id, key }];
    });
    keys.sort((a, b) => a.key.since - b.key.since);
    for (const { id, key } of keys) this.#folders[folder].set(id, key);
  }
}
