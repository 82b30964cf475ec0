import { globMatcher } from '../../kernel/targeting/glob.ts';
import { fingerprint } from '../../protocol/suites/salt/keys.ts';
import { isFileSafeId, isPublicKey } from './ids.ts';
import type { Emit, Loss } from './key-events.ts';
import type { KeyIndex, KeyState, Standing } from './key-index.ts';
import { FOLDERS, type Folder, type PkiDirectory } from './pki-directory.ts';

/** Ids by folder, in the order Salt prints them; `local` names the master's own key files. */
export type KeyLists = Record<Folder | 'local', string[]>;

/** Globs (or several joined by commas), or ids by the folder they are in. */
export type Selection = string | readonly string[] | { readonly dict: Partial<Readonly<Record<Folder, readonly string[]>>> };

/** Which keys a change may take beside the pending ones. */
export interface Include {
  readonly accepted?: boolean;
  readonly rejected?: boolean;
  readonly denied?: boolean;
}

interface Ears {
  readonly emit: Emit;
  readonly warn: (message: string) => void;
  readonly removed: (id: string, why: Loss) => void;
}

const ACTS: Readonly<Record<KeyState, string>> = { minions: 'accepted', minions_rejected: 'rejected', minions_pre: 'pending' };

/** What operators do with keys, with Salt's results and its `salt/key` events. */
export class KeyRing {
  readonly #directory: PkiDirectory;
  readonly #index: KeyIndex;
  readonly #ears: Ears;

  constructor(directory: PkiDirectory, index: KeyIndex, ears: Ears) {
    this.#directory = directory;
    this.#index = index;
    this.#ears = ears;
  }

  list(): KeyLists {
    const of = (folder: Folder): string[] =>
      inOrder(this.#index.ids(folder)).filter((id) => folder === 'minions_denied' || this.#index.standing(id)?.state === folder);
    return {
      minions_pre: of('minions_pre'),
      minions_rejected: of('minions_rejected'),
      minions: of('minions'),
      minions_denied: of('minions_denied'),
      local: inOrder(this.#directory.localNames()),
    };
  }

  /** Ids that match one of the globs, by folder; folders without any are left out. `local` only when asked for. */
  match(globs: string | readonly string[], local = false): Partial<KeyLists> {
    const patterns = (typeof globs === 'string' ? globs.split(',') : globs).map(globMatcher);
    const { local: own, ...managed } = this.list();
    const lists: Partial<KeyLists> = local ? { ...managed, local: own } : managed;
    const found: Partial<KeyLists> = {};
    for (const [folder, ids] of entriesOf(lists)) {
      const matching = ids.filter((id) => patterns.some((matches) => matches(id)));
      if (matching.length > 0) found[folder] = matching;
    }
    return found;
  }

  /** Where the ids of a dictionary are now. */
  matchDict(dict: Partial<Readonly<Record<Folder, readonly string[]>>>): Partial<KeyLists> {
    const wanted = new Set(FOLDERS.flatMap((folder) => dict[folder] ?? []));
    const { local: _, ...managed } = this.list();
    const found: Partial<KeyLists> = {};
    for (const [folder, ids] of entriesOf(managed)) {
      const matching = ids.filter((id) => wanted.has(id));
      if (matching.length > 0) found[folder] = matching;
    }
    return found;
  }

  /**
   * Takes pending keys, and those `include` names, to another state. Returns where the selected ids are
   * afterwards, also those it left alone. What holds no readable key stays where it is, with a warning.
   */
  move(to: 'minions' | 'minions_rejected', selection: Selection, include: Include = {}): Partial<KeyLists> {
    const selected = this.#selected(selection);
    const from: Folder[] = ['minions_pre'];
    if (include.rejected) from.push('minions_rejected');
    if (include.denied) from.push('minions_denied');
    if (include.accepted) from.push('minions');
    for (const folder of from) for (const id of selected[folder] ?? []) this.#moveOne(folder, to, id);
    return this.#now(selection, selected);
  }

  /** Removes keys. Returns what of the selection is left: nothing, or what could not be removed. */
  delete(selection: Selection): Partial<KeyLists> {
    const selected = this.#selected(selection);
    for (const folder of FOLDERS) for (const id of selected[folder] ?? []) this.#deleteOne(folder, id);
    return this.#now(selection, selected);
  }

  /** Whether an id has a key that is accepted, rejected or waiting. */
  knows(id: string): boolean {
    return this.#index.standing(id) !== undefined;
  }

  /** Accepts a key that an operator made for a minion to come. */
  preseed(id: string, pem: string): void {
    const before = this.#index.standing(id);
    this.#index.place('minions', id, pem);
    this.tell(id, this.#index.standing(id));
    if (before?.state === 'minions') this.#ears.removed(id, 'replaced');
  }

  /** PEMs by folder and id. */
  print(globs: string | readonly string[]): Partial<Record<Folder, Record<string, string>>> {
    return this.#each(globs, (folder, id) => this.#index.pem(folder, id));
  }

  /** Fingerprints by folder and id, the master's own files under `local`. @throws TsaltError `bad-hash-type` */
  finger(globs: string | readonly string[], hashType = 'sha256'): Partial<Record<Folder | 'local', Record<string, string>>> {
    const found: Partial<Record<Folder | 'local', Record<string, string>>> = this.#each(globs, (folder, id) => {
      const pem = this.#index.pem(folder, id);
      return pem === undefined ? undefined : fingerprint(pem, hashType);
    });
    const own = this.match(globs, true).local ?? [];
    if (own.length === 0) return found;
    return { local: mapOf(own.map((name) => [name, fingerprint(this.#directory.readLocal(name), hashType)])), ...found };
  }

  /** The `salt/key` event of a key that is now there, or gone. */
  tell(id: string, standing: Standing | undefined): void {
    const gone = { result: true, act: 'delete', id };
    this.#ears.emit('salt/key', standing === undefined ? gone : { result: true, act: ACTS[standing.state], id, pub: standing.key.pem });
  }

  #moveOne(from: Folder, to: 'minions' | 'minions_rejected', id: string): void {
    const pem = isFileSafeId(id) ? this.#index.pem(from, id) : undefined;
    if (pem === undefined || from === to) return;
    if (!isPublicKey(pem)) {
      this.#ears.warn(`Unable to accept invalid key for ${id}.`);
      return;
    }
    const before = this.#index.standing(id);
    this.#index.move(from, to, id);
    this.tell(id, this.#index.standing(id));
    if (before?.state === 'minions') this.#ears.removed(id, to === 'minions' ? 'replaced' : 'rejected');
  }

  #deleteOne(folder: Folder, id: string): void {
    if (!isFileSafeId(id) || this.#index.pem(folder, id) === undefined) return;
    const wasAccepted = folder === 'minions' && this.#index.accepted(id) !== undefined;
    this.#index.remove(folder, id);
    this.tell(id, undefined);
    if (wasAccepted) this.#ears.removed(id, 'deleted');
  }

  #selected(selection: Selection): Partial<Record<Folder, readonly string[]>> {
    return typeof selection === 'object' && 'dict' in selection ? selection.dict : this.match(selection);
  }

  #now(selection: Selection, selected: Partial<Record<Folder, readonly string[]>>): Partial<KeyLists> {
    return typeof selection === 'object' && 'dict' in selection ? this.matchDict(selected) : this.match(selection);
  }

  #each(
    globs: string | readonly string[],
    of: (folder: Folder, id: string) => string | undefined,
  ): Partial<Record<Folder, Record<string, string>>> {
    const matches = this.match(globs);
    const found: Partial<Record<Folder, Record<string, string>>> = {};
    for (const folder of FOLDERS) {
      const pairs = (matches[folder] ?? []).flatMap((id): [string, string][] => {
        const text = of(folder, id);
        return text === undefined ? [] : [[id, text]];
      });
      if (pairs.length > 0) found[folder] = mapOf(pairs);
    }
    return found;
  }
}

const entriesOf = (lists: Partial<KeyLists>) => Object.entries(lists) as [keyof KeyLists, string[]][];

/** As Salt sorts: without regard to upper and lower case. */
function inOrder(ids: Iterable<string>): string[] {
  const lower = new Map([...ids].map((id) => [id, id.toLowerCase()]));
  const key = (id: string): string => lower.get(id) ?? id;
  return [...lower.keys()].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a < b ? -1 : 1));
}

/** Ids come from the network: `__proto__` is one like any other. */
function mapOf(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const map: Record<string, string> = Object.create(null);
  for (const [key, value] of pairs) map[key] = value;
  return map;
}
