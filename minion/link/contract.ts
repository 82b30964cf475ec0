import type { Message, SuiteName } from '../../protocol/suites/suite.ts';
import type { ConnectOptions } from '../../protocol/transports/transport.ts';
import type { JoinPolicy } from '../enrol/join.ts';

export interface LinkSettings {
  readonly id: string;
  readonly requestPort: number;
  /** Overrides what the master says of its own port, when set. */
  readonly publishPort: number | undefined;
  readonly ipv6: boolean;
  readonly filtering: boolean;
  readonly authTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly requestTries: number;
  readonly reconnectMs: number;
  readonly reconnectMaxMs: number;
  readonly keepalive: NonNullable<ConnectOptions['keepalive']>;
  readonly parallel: number;
  /** Whether it subscribes to publications. */
  readonly listens: boolean;
  readonly join: JoinPolicy;
}

export interface AskOptions {
  readonly timeoutMs?: number;
  /** How often in all; a retry sends the same load again. */
  readonly tries?: number;
  /** The answer comes in the private form (pillar). */
  readonly private?: boolean;
  /** Top-level keys of the answer that stay bytes. */
  readonly bytesAt?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A conversation with one master. */
export interface MasterLink {
  /** As the configuration names it. */
  readonly master: string;
  readonly suite: SuiteName | undefined;
  /** Asks, and opens the answer. A lost session is renewed once. @throws TimedOut, TsaltError */
  ask(load: Message, options?: AskOptions): Promise<unknown>;
}
