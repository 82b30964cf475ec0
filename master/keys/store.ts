import { messageOf } from '../../protocol/errors.ts';
import type { KeyBook, KeyOffer, Verdict } from '../../protocol/suites/suite.ts';
import { Autosign, type AutosignOptions } from './autosign.ts';
import { isFileSafeId } from './ids.ts';
import type { Emit, Loss } from './key-events.ts';
import { KeyIndex } from './key-index.ts';
import { KeyWatch } from './key-watch.ts';
import { PkiDirectory } from './pki-directory.ts';
import { type Decision, EnrolmentPolicy, type PolicyOptions } from './policy.ts';
import { type Include, type KeyLists, KeyRing, type Selection } from './ring.ts';
import { EnrolmentTokens, type TokenRequest, type WaitingToken } from './tokens.ts';

export interface KeyStoreOptions extends Partial<Omit<AutosignOptions, 'pkiDir' | 'warn'>>, Partial<PolicyOptions> {
  readonly pkiDir: string;
  /** Puts an event on the master's bus. */
  readonly emit: Emit;
  /** A sentence for the log; no secrets. */
  readonly warn: (message: string) => void;
  readonly onRemoved?: (id: string, why: Loss) => void;
  /** A minion was accepted for its token, perhaps one of a group. */
  readonly onEnrolled?: (id: string, group: string | undefined) => void;
  /** Salt's `auth_events`: an event for each decision. */
  readonly authEvents?: boolean;
  /** Acts whose events also carry the grains that were offered. */
  readonly authEventsAutosignGrains?: readonly string[];
  /** Follow changes by other programs; off for a program that opens the files for one command. */
  readonly watch?: boolean;
}

/** The keys of a master: Salt's files, an index of them, the enrolment policy and what operators do. */
export interface KeyStore extends KeyBook, AsyncDisposable {
  /** Ids with an accepted key, sorted. */
  acceptedIds(): readonly string[];
  list(): KeyLists;
  match(globs: string | readonly string[]): Partial<KeyLists>;
  accept(selection: Selection, include?: Include): Partial<KeyLists>;
  reject(selection: Selection, include?: Include): Partial<KeyLists>;
  delete(selection: Selection): Partial<KeyLists>;
  readonly ring: KeyRing;
  createToken(request?: TokenRequest): { token: string; expires: Date };
  /** Tokens that can still be used. */
  waitingTokens(): readonly WaitingToken[];
  /** Says whether there was one of this id. */
  revokeToken(id: string): boolean;
  /** Takes over now what other programs changed. */
  rescan(): void;
}

/** Opens a `pki_dir` in Salt's layout, as it is. @throws TsaltError `pki-unusable` */
export async function openKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  return new FileKeyStore(options);
}

const POLICY: PolicyOptions = { openMode: false, maxMinions: 0, pendingMax: 20_000, pendingPerMinute: 20_000, legacyIds: false };

class FileKeyStore implements KeyStore {
  readonly ring: KeyRing;
  readonly #options: KeyStoreOptions;
  readonly #index: KeyIndex;
  readonly #policy: EnrolmentPolicy;
  readonly #tokens: EnrolmentTokens;
  readonly #watch: KeyWatch | undefined;

  constructor(options: KeyStoreOptions) {
    this.#options = options;
    const directory = new PkiDirectory(options.pkiDir, options.permissivePkiAccess);
    this.#index = new KeyIndex(directory);
    this.#tokens = new EnrolmentTokens(options.pkiDir);
    const autosign = new Autosign({ autoAccept: false, autosignTimeout: 120, permissivePkiAccess: false, ...options });
    this.#policy = new EnrolmentPolicy(this.#index, autosign, this.#tokens, { ...POLICY, ...options });
    this.ring = new KeyRing(directory, this.#index, {
      emit: options.emit,
      warn: options.warn,
      removed: (id, why) => this.#removed(id, why),
    });
    if (options.watch !== false)
      this.#watch = new KeyWatch(
        directory,
        (folder) => this.#index.strangers(folder),
        (ids) => this.#catchUp(ids),
      );
  }

  accepted(id: string): string | undefined {
    return this.#index.accepted(id);
  }

  async judge(offer: KeyOffer): Promise<Verdict> {
    const decision = this.#policy.decide(offer);
    this.#log(offer, decision);
    if (decision.replaced) this.#removed(offer.id, 'replaced');
    this.#announce(offer, decision);
    if (decision.enrolled !== undefined) this.#options.onEnrolled?.(offer.id, decision.enrolled.group);
    return decision.verdict;
  }

  acceptedIds(): readonly string[] {
    return this.#index.acceptedIds();
  }

  list(): KeyLists {
    return this.ring.list();
  }

  match(globs: string | readonly string[]): Partial<KeyLists> {
    return this.ring.match(globs);
  }

  accept(selection: Selection, include?: Include): Partial<KeyLists> {
    return this.ring.move('minions', selection, include);
  }

  reject(selection: Selection, include?: Include): Partial<KeyLists> {
    return this.ring.move('minions_rejected', selection, include);
  }

  delete(selection: Selection): Partial<KeyLists> {
    return this.ring.delete(selection);
  }

  createToken(request?: TokenRequest): { token: string; expires: Date } {
    return this.#tokens.create(request);
  }

  waitingTokens(): readonly WaitingToken[] {
    return this.#tokens.waiting();
  }

  revokeToken(id: string): boolean {
    return this.#tokens.revoke(id);
  }

  rescan(): void {
    const folders = ['minions', 'minions_pre', 'minions_rejected', 'minions_denied'] as const;
    this.#catchUp(new Set(folders.flatMap((folder) => [...this.#index.ids(folder), ...this.#index.strangers(folder)])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.close();
  }

  #catchUp(ids: ReadonlySet<string>): void {
    for (const id of ids) {
      if (!isFileSafeId(id)) continue;
      try {
        this.#catchUpWith(id);
      } catch (error) {
        this.#options.warn(`the key files of ${id} cannot be read: ${messageOf(error)}`);
      }
    }
  }

  /** Another program changed the files of this id: say so as if it had been done here. */
  #catchUpWith(id: string): void {
    const before = this.#index.standing(id);
    this.#index.refresh(id);
    const after = this.#index.standing(id);
    const samePlace = before?.state === after?.state;
    if (samePlace && before?.key.pem === after?.key.pem) return;
    if (!samePlace) this.ring.tell(id, after);
    if (before?.state !== 'minions') return;
    this.#removed(id, after === undefined ? 'deleted' : after.state === 'minions' ? 'replaced' : 'rejected');
  }

  #removed(id: string, why: Loss): void {
    this.#options.onRemoved?.(id, why);
  }

  #announce(offer: KeyOffer, { act, verdict }: Decision): void {
    if (act === undefined || this.#options.authEvents === false) return;
    const result = verdict === 'accepted' || verdict === 'pending';
    const withGrains = offer.autosignGrains !== undefined && (this.#options.authEventsAutosignGrains ?? []).includes(act);
    const grains = withGrains ? { autosign_grains: offer.autosignGrains } : {};
    this.#options.emit('salt/auth', { result, act, id: offer.id, pub: offer.publicKey, ...grains });
  }

  #log(offer: KeyOffer, { verdict, why }: Decision): void {
    if (why !== undefined) this.#options.warn(`key of ${JSON.stringify(offer.id).slice(0, 260)}: ${verdict}: ${why}`);
  }
}
