/**
 * A suite is one way to keep a conversation secret and true. Two stand behind this contract:
 * `salt` (RSA + AES-CBC + HMAC, as Salt 3008 speaks it) and `native` (Ed25519, X25519, tweetnacl).
 * A suite never sees a socket; what is above it sees plain messages only.
 */
export type SuiteName = 'salt' | 'native';

/** A decoded msgpack map. Null prototype, text keys. What comes from the wire is `unknown` until checked. */
export type Message = { readonly [key: string]: unknown };

/** Judgement on an offered key. `denied`: another key is accepted for this id. */
export type Verdict = 'accepted' | 'pending' | 'rejected' | 'denied' | 'full';

/** A key offered by a peer that has proved to hold it (native) or merely sends it (salt). */
export interface KeyOffer {
  readonly id: string;
  /** SPKI PEM, no trailing newline, LF line ends: RSA for `salt`, Ed25519 for `native`. */
  readonly publicKey: string;
  readonly suite: SuiteName;
  readonly autosignGrains?: Readonly<Record<string, unknown>>;
  /** An enrolment token, in clear (it came encrypted to the master). */
  readonly token?: string;
  /**
   * PEM of the RSA key by which the peer proved, with a signature, that it is the minion accepted so far:
   * a machine that moves from salt-minion to tsalt-minion keeps its place without an operator.
   */
  readonly predecessor?: string;
}

/** What a suite asks of the master's key store. */
export interface KeyBook {
  /** The accepted PEM of a minion, stripped, or undefined. Must be cheap (called for each frame). */
  accepted(id: string): string | undefined;
  /** Applies the enrolment policy and stores the outcome; fires the `salt/auth` event. Invalid ids are `rejected`. */
  judge(offer: KeyOffer): Promise<Verdict>;
}

/** What became of a frame that reached the master. */
export type Opened =
  /** A handshake step or a refusal: send `frame` back, nothing else to do. */
  | { readonly kind: 'answer'; readonly frame: Uint8Array; readonly joined?: { readonly id: string } }
  /** An authenticated request of `minion`; the answer is sealed for it alone. */
  | {
      readonly kind: 'request';
      readonly minion: string;
      readonly load: Message;
      reply(value: unknown): Uint8Array;
      /**
       * Salt's private (pillar) form; the native suite seals as usual. `nonce` checks are inside.
       * A promise where a signature is made outside the main thread.
       */
      replyPrivate(value: unknown): Uint8Array | Promise<Uint8Array>;
    };

/** The master's half. */
export interface MasterSuite extends AsyncDisposable {
  readonly name: SuiteName;
  /**
   * Opens an outer envelope (see `decodeEnvelope`) that this suite claims.
   * Never throws for bad bytes: what fails a check is answered as Salt answers it (`"bad load"`).
   */
  open(envelope: Message): Promise<Opened>;
  /** Seals a publication. `topic` undefined: a single frame for every subscriber of this suite. */
  sealPublish(job: Message): Uint8Array;
  /** A new group key, at once; peers that are still trusted learn it, a removed one cannot. */
  rotate(): Promise<void>;
  /** Forgets sessions of a minion whose key was deleted, rejected or replaced. */
  forget(id: string): void;
}

/** One request-reply round trip, as raw frames. @throws TimedOut */
export type Exchange = (frame: Uint8Array) => Promise<Uint8Array>;

/** The minion's half. */
export interface MinionSuite {
  readonly name: SuiteName;
  /**
   * Introduces this minion to the master and, when accepted, opens a session.
   * @throws WrongPeer when the master is not the pinned one; BadFrame when an answer fails its checks; TimedOut.
   */
  join(exchange: Exchange): Promise<Admission>;
}

export type Admission =
  | { readonly verdict: 'accepted'; readonly session: MinionSession; readonly publishPort: number }
  | { readonly verdict: 'pending' | 'rejected' | 'full' };

/** A joined conversation, the minion's end. All open functions throw BadFrame when a check fails. */
export interface MinionSession {
  readonly suite: SuiteName;
  /** Topics to subscribe to; `['']` subscribes to everything. */
  topics(filtering: boolean): readonly string[];
  /** Seals a request; the result also holds the only function that opens its reply. */
  seal(load: Message): SealedRequest;
  /** Opens a publication of one frame, or of two (topic, payload). Undefined: not for this suite, or a foreign topic. */
  openPublish(frames: readonly Uint8Array[]): Message | undefined;
  /**
   * After `openPublish` threw BadFrame: asks the master for a newer group key over this session. True: open the same
   * frame once more; false: it will not open. A suite without it is joined again instead.
   * @throws BadFrame (native: SessionLost) when only joining again can help; TimedOut.
   */
  refresh?(exchange: Exchange): Promise<boolean>;
}

export interface SealedRequest {
  readonly frame: Uint8Array;
  /** `bytesAt`: top-level keys of the reply whose text or binary stays bytes (`data` of `_serve_file`). */
  open(reply: Uint8Array, bytesAt?: readonly string[]): unknown;
  /** Opens a reply made by `replyPrivate`. */
  openPrivate(reply: Uint8Array): unknown;
}
