import { TsaltError } from '../../protocol/errors.ts';
import type { KeyOffer, Verdict } from '../../protocol/suites/suite.ts';
import type { Autosign } from './autosign.ts';
import { faultOf, isFileSafeId, isMinionId, PEM_MAX, samePem } from './ids.ts';
import type { KeyIndex, Standing } from './key-index.ts';
import type { EnrolmentTokens } from './tokens.ts';

export interface PolicyOptions {
  /** Accepts any key for any id, and replaces the stored one. For tests only. */
  readonly openMode: boolean;
  /** Accepted minions at most; 0: no bound. */
  readonly maxMinions: number;
  /** Keys that may wait at a time; the oldest goes when one more comes. */
  readonly pendingMax: number;
  /** New keys stored for a decision in a minute, from all addresses together. */
  readonly pendingPerMinute: number;
  /** Accepts ids Salt lets in and we do not: spaces, letters of other scripts, ... */
  readonly legacyIds: boolean;
}

/** What the policy decided, and the `act` and `result` of the event that tells it. */
export interface Decision {
  readonly verdict: Verdict;
  readonly act?: 'accept' | 'pend' | 'reject' | 'denied' | 'full';
  /** The accepted key of this id was replaced by the offered one. */
  readonly replaced?: boolean;
  /** For the log, when the offer was not simply stored or accepted. */
  readonly why?: string;
  /** It came with a token, perhaps of a group. */
  readonly enrolled?: { readonly group?: string };
}

const DENIED_MAX = 1_000;

/** What becomes of an offered key, in the order of Salt's decisions; stores the outcome. */
export class EnrolmentPolicy {
  readonly #index: KeyIndex;
  readonly #autosign: Autosign;
  readonly #tokens: EnrolmentTokens;
  readonly #options: PolicyOptions;
  readonly #rate: Rate;

  constructor(index: KeyIndex, autosign: Autosign, tokens: EnrolmentTokens, options: PolicyOptions) {
    this.#index = index;
    this.#autosign = autosign;
    this.#tokens = tokens;
    this.#options = options;
    this.#rate = new Rate(options.pendingPerMinute);
  }

  /** @throws TsaltError `key-not-stored` when the disk refuses the outcome. */
  decide(offer: KeyOffer): Decision {
    const standing = isFileSafeId(offer.id) ? this.#index.standing(offer.id) : undefined;
    if (!this.#mayExist(offer.id, standing))
      return { verdict: 'rejected', why: `invalid minion id ${JSON.stringify(offer.id).slice(0, 80)}` };
    if (this.#isFull(standing)) return { verdict: 'full', act: 'full', why: `max_minions ${this.#options.maxMinions} is reached` };
    if (offer.publicKey.length > PEM_MAX) return { verdict: 'rejected', why: 'the offered key is too long' };
    if (this.#options.openMode) return this.#openMode(offer, standing);
    if (standing?.state === 'minions_rejected') return { verdict: 'rejected', act: 'reject', why: 'its key is in minions_rejected' };
    if (standing?.state === 'minions') return this.#compareAccepted(offer, standing);
    const fault = faultOf(offer.publicKey, offer.suite);
    if (fault !== undefined) return { verdict: 'rejected', act: 'reject', why: fault };
    return standing === undefined ? this.#decideUnknown(offer) : this.#decidePending(offer, standing);
  }

  /** An id that is on disk already was let in by an operator, whatever it looks like. */
  #mayExist(id: string, standing: Standing | undefined): boolean {
    return isMinionId(id) || (isFileSafeId(id) && (standing !== undefined || this.#options.legacyIds));
  }

  #isFull(standing: Standing | undefined): boolean {
    const most = this.#options.maxMinions;
    return most > 0 && standing?.state !== 'minions' && this.#index.size('minions') >= most;
  }

  #openMode(offer: KeyOffer, standing: Standing | undefined): Decision {
    if (standing?.state === 'minions' && samePem(standing.key.pem, offer.publicKey)) return { verdict: 'accepted', act: 'accept' };
    const fault = faultOf(offer.publicKey, offer.suite);
    if (fault !== undefined) return { verdict: 'rejected', act: 'reject', why: fault };
    this.#index.place('minions', offer.id, offer.publicKey);
    return { verdict: 'accepted', act: 'accept', replaced: standing?.state === 'minions' };
  }

  #compareAccepted(offer: KeyOffer, { key }: Standing): Decision {
    if (samePem(key.pem, offer.publicKey)) return { verdict: 'accepted', act: 'accept' };
    if (succeeds(offer, key.pem)) {
      this.#index.place('minions', offer.id, offer.publicKey);
      return { verdict: 'accepted', act: 'accept', replaced: true, why: 'its new key was vouched for by its accepted one' };
    }
    return this.#deny(offer, 'another key is accepted for this id; somebody may be posing as this minion, or it was installed anew');
  }

  #decideUnknown(offer: KeyOffer): Decision {
    if (this.#autosign.rejects(offer.id)) {
      const room = this.#index.size('minions_rejected') < this.#options.pendingMax && this.#rate.take();
      if (room) this.#index.place('minions_rejected', offer.id, offer.publicKey);
      return { verdict: 'rejected', act: 'reject', why: 'autoreject_file names it' };
    }
    const vouched = this.#vouchedFor(offer);
    if (vouched !== undefined) return vouched;
    if (!this.#rate.take()) return { verdict: 'full', act: 'full', why: `more than ${this.#options.pendingPerMinute} new keys a minute` };
    this.#makeRoom();
    this.#index.place('minions_pre', offer.id, offer.publicKey);
    return { verdict: 'pending', act: 'pend' };
  }

  #decidePending(offer: KeyOffer, { key }: Standing): Decision {
    if (this.#autosign.rejects(offer.id)) {
      this.#index.move('minions_pre', 'minions_rejected', offer.id);
      return { verdict: 'rejected', act: 'reject', why: 'autoreject_file names it' };
    }
    const same = samePem(key.pem, offer.publicKey);
    if (!same && succeeds(offer, key.pem)) this.#index.place('minions_pre', offer.id, offer.publicKey);
    else if (!same) return this.#redeemed(offer) ?? this.#deny(offer, 'another key waits for a decision on this id');
    return this.#vouchedFor(offer) ?? { verdict: 'pending', act: 'pend' };
  }

  #vouchedFor(offer: KeyOffer): Decision | undefined {
    return this.#redeemed(offer) ?? (this.#autosign.accepts(offer.id, offer.autosignGrains) ? this.#accept(offer) : undefined);
  }

  #redeemed(offer: KeyOffer): Decision | undefined {
    const enrolled = offer.token === undefined ? undefined : this.#tokens.redeem(offer.token, offer.id);
    return enrolled === undefined ? undefined : { ...this.#accept(offer), enrolled };
  }

  #accept(offer: KeyOffer): Decision {
    this.#index.place('minions', offer.id, offer.publicKey);
    return { verdict: 'accepted', act: 'accept' };
  }

  /** As on Salt's disk, the first other key offered is the one kept. */
  #deny(offer: KeyOffer, why: string): Decision {
    const oldest = this.#index.oldest('minions_denied');
    if (this.#index.denied(offer.id) === undefined && faultOf(offer.publicKey) === undefined) {
      if (oldest !== undefined && this.#index.size('minions_denied') >= DENIED_MAX) this.#index.remove('minions_denied', oldest);
      this.#index.deny(offer.id, offer.publicKey);
    }
    return { verdict: 'denied', act: 'denied', why };
  }

  #makeRoom(): void {
    while (this.#index.size('minions_pre') >= this.#options.pendingMax) {
      const oldest = this.#index.oldest('minions_pre');
      if (oldest === undefined) throw new TsaltError('bad-option', 'pending_keys_max must be at least 1');
      this.#index.remove('minions_pre', oldest);
    }
  }
}

const succeeds = (offer: KeyOffer, pem: string): boolean =>
  offer.predecessor !== undefined && samePem(offer.predecessor, pem) && faultOf(offer.publicKey, offer.suite) === undefined;

/** A bucket that holds a minute's worth and fills steadily. */
class Rate {
  readonly #perMinute: number;
  #left: number;
  #at = performance.now();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
  }

  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#perMinute, this.#left + ((now - this.#at) / 60_000) * this.#perMinute);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
