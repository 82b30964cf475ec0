/**
 * How frames travel. A transport knows nothing of keys or messages.
 * `zeromq.ts` is the only file that imports the zeromq package.
 */
export interface Transport {
  publisher(options: BindOptions): Promise<Publisher>;
  subscriber(options: SubscribeOptions, onFrames: (frames: readonly Uint8Array[]) => void): Promise<Subscriber>;
  requester(options: ConnectOptions): Requester;
  responder(options: BindOptions, answer: Answer): Promise<Responder>;
}

/** Answers one request frame. Rejections are logged by the caller of `responder` and answered with nothing. */
export type Answer = (frame: Uint8Array) => Promise<Uint8Array>;

export interface BindOptions {
  /** `tcp://host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly backlog?: number;
  /** Publisher: messages kept for a slow subscriber before its messages are dropped. */
  readonly highWaterMark?: number;
  readonly ipv6?: boolean;
  readonly heartbeatMs?: number;
  readonly heartbeatTimeoutMs?: number;
  /** A larger frame closes the connection of its sender, in bytes. */
  readonly maxFrame?: number;
  readonly onError?: (error: unknown) => void;
}

export interface ConnectOptions {
  readonly address: string;
  readonly ipv6?: boolean;
  readonly reconnectMs?: number;
  readonly reconnectMaxMs?: number;
  readonly keepalive?: { readonly idle: number; readonly count: number; readonly interval: number };
  readonly maxFrame?: number;
  /** Requester: how many requests may be on their way at once, each on a socket of its own (default 4). */
  readonly parallel?: number;
}

export interface SubscribeOptions extends ConnectOptions {
  readonly topics: readonly string[];
  readonly onConnect?: () => void;
  readonly onDisconnect?: () => void;
}

export interface Publisher extends AsyncDisposable {
  /** Where it is bound, with the port it got. */
  readonly address: string;
  /** With a topic two frames are sent, else one. Never blocks on a slow subscriber. */
  publish(frame: Uint8Array, topic?: string): Promise<void>;
}

export interface Subscriber extends AsyncDisposable {
  readonly topics: readonly string[];
}

export interface Requester extends AsyncDisposable {
  /** @throws TimedOut after `timeoutMs`; the socket is then replaced, for a late answer must not meet the next request. */
  request(frame: Uint8Array, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

export interface Responder extends AsyncDisposable {
  readonly address: string;
}
