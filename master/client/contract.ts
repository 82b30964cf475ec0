import type { Returnable } from '../../modules/define.ts';
import type { FinalState } from '../jobs/store.ts';

/**
 * The one door through which the command line, the web and tests reach a running master.
 * `connect.ts` opens it over the local socket; every call is authorised there like any other.
 */
export interface MasterClient extends AsyncDisposable {
  /** Publishes a job and follows it to its end. Breaking out of the loop leaves the job running. */
  run(request: RunRequest): AsyncIterable<RunEvent>;
  /** The ids a target would reach, sorted, without publishing. */
  preview(target: Target): Promise<readonly string[]>;
  /** Runs a master-side function: `jobs.list_jobs`, `manage.up`, ... */
  runner(request: RunnerRequest): AsyncIterable<RunnerEvent>;
  /**
   * Changes the master: `key.accept`, `key.list_all`, ... `jid`: of its events, made when it is not given.
   * @throws TsaltError with the reason when it failed.
   */
  wheel(fun: string, kwargs: Readonly<Record<string, unknown>>, jid?: string): Promise<unknown>;
  /** The event bus, from now on. `tag` is a glob. */
  events(tag?: string): AsyncIterable<{ readonly tag: string; readonly data: unknown }>;
  /** Proves a person and gives him a token. @throws TsaltError `not-authenticated`; `TooManyLogins` */
  login(login: Login, from: From): Promise<Grant>;
  /** Makes a token worthless. */
  logout(token: string): Promise<void>;
  /** What a token gives now; undefined when it has expired, was revoked, or never was. */
  grant(token: string): Promise<Grant | undefined>;
  /**
   * The same door for a person: the master checks every call against his permissions and writes it down; events are
   * those he may see. Calls throw TsaltError `not-authenticated`, `not-authorised` (naming user and function).
   */
  as(proof: Proof, from: From): PersonClient;
}

/** What a person may ask of the master. */
export type PersonClient = Pick<MasterClient, 'run' | 'preview' | 'runner' | 'wheel' | 'events'>;

export interface Login {
  /** A key of `external_auth`, or `local` for users of the master's own. */
  readonly eauth: string;
  readonly username: string;
  readonly password: string;
  /** Seconds; heeded where `token_expire_user_override` allows it. */
  readonly tokenExpire?: number;
}

/** What a login gives. Times are seconds since 1970. */
export interface Grant {
  /** 64 hexadecimal digits. */
  readonly token: string;
  readonly user: string;
  readonly eauth: string;
  readonly start: number;
  readonly expire: number;
  /** Salt's raw list of permissions, texts first, then maps; `{}` when there are none. */
  readonly perms: Returnable;
  readonly roles: readonly string[];
  /** Groups of minions he is limited to; none: no limit. */
  readonly groups: readonly string[];
}

/** How a person shows who he is: by the token of a login, or by logging in for this one use. */
export type Proof = { readonly token: string } | Login;

/** By which door a person comes, and from which address, for the audit and the limits of logins. */
export interface From {
  readonly door: 'api' | 'console' | 'cli';
  readonly address?: string;
}

export interface Target {
  /** Salt's `tgt_type`: glob, pcre, list, grain, grain_pcre, pillar, pillar_pcre, pillar_exact, nodegroup, ipcidr, compound. */
  readonly kind: string;
  readonly expression: string | readonly string[];
  /** Between the levels of a grain or pillar path; `:` when absent. */
  readonly delimiter?: string;
}

export interface RunRequest {
  readonly target: Target;
  /** One function, or several run in order by each minion. */
  readonly fun: string | readonly string[];
  /**
   * Positional values; keyword arguments as one trailing map holding `__kwarg__: true`.
   * For several functions: one such array for each function.
   */
  readonly args: readonly unknown[];
  /** Seconds after which minions that stay silent are asked about the job (Salt's `-t`). */
  readonly timeout?: number;
  readonly gatherJobTimeout?: number;
  /** Publish and end at once. */
  readonly async?: boolean;
  readonly jid?: string;
  /** Pick this many of the matched minions at random. */
  readonly subset?: number;
  readonly batch?: { readonly size: string; readonly wait?: number; readonly failhard?: boolean };
  /** Live output of the functions, as it is written. */
  readonly follow?: boolean;
  /** Comma separated minion-side returners. */
  readonly returners?: string;
  readonly returnerConfig?: string;
  readonly returnerOptions?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly moduleExecutors?: readonly string[];
  readonly executorOpts?: Readonly<Record<string, unknown>>;
}

export type RunEvent =
  /** First, once. With no minions matched `jid` is undefined and the iteration ends. */
  | { readonly kind: 'published'; readonly jid: string | undefined; readonly minions: readonly string[] }
  /** The next batch goes out to these. */
  | { readonly kind: 'batch'; readonly minions: readonly string[] }
  | {
      readonly kind: 'return';
      readonly jid: string;
      readonly minion: string;
      readonly value: unknown;
      readonly retcode: number;
      readonly success: boolean;
      readonly out?: string;
      /** The result is true, but could not be stored, and why. */
      readonly problem?: string;
    }
  | { readonly kind: 'output'; readonly minion: string; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** This minion will not answer, or not now, and why. */
  | {
      readonly kind: 'silent';
      readonly jid: string;
      readonly minion: string;
      readonly state: FinalState | 'sent' | 'received' | 'running' | 'offline';
      /** One sentence: `never connected`, `offline since ...`, `still running (pid 12, since ...)`, ... */
      readonly reason: string;
    };

export interface RunnerRequest {
  readonly fun: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly jid?: string;
  readonly async?: boolean;
}

export type RunnerEvent =
  | { readonly kind: 'started'; readonly jid: string }
  | { readonly kind: 'progress'; readonly data: unknown; readonly out?: string }
  /** `success: false` with a text in `value` when the function is unknown or failed. */
  | { readonly kind: 'result'; readonly value: unknown; readonly out?: string; readonly success: boolean; readonly retcode: number };

/** Where the master is, from the master's configuration file. */
export interface ClientConfig {
  readonly sockDir: string;
  readonly cachedir: string;
  /** Whose key file to read: `cachedir/.<user>_key`. */
  readonly user: string;
  /** `sudo_<name>`: who became that user by sudo; jobs are then in this name, and `sudo_acl` limits them. */
  readonly sudoer?: string;
  /** Without a key: only `login`, `logout`, `grant` and `as` are answered. */
  readonly person?: boolean;
}
/** `connect(config)` is exported by `connect.ts`. @throws TsaltError `master-unreachable`, `not-authorised` */
export type Connect = (config: ClientConfig) => Promise<MasterClient>;
