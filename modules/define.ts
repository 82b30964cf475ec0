import { Float } from '../protocol/wire/float.ts';

/**
 * What every execution module imports, built-in or custom. A definition is data: the loader reads its
 * docs, arguments and platforms without running it, so `sys.doc`, `sys.argspec`, `--help`, web forms and
 * the reference pages all come from this one object. A built-in has no privilege a custom module lacks.
 */
export interface ExecModule<Calls extends Record<string, AnyCall> = Record<string, AnyCall>> {
  /** The virtual name on the command line: `pkg` in `pkg.install`. */
  readonly name: string;
  readonly doc: string;
  /** True, or the reason it cannot serve here. Salt's `__virtual__`, without side effects. */
  readonly serves?: (host: Host) => true | string;
  readonly calls: Calls;
}

export interface Call<Args extends ArgTable> {
  /** First line: what it does, in one sentence. */
  readonly doc: string;
  readonly examples: readonly string[];
  /** In the order in which positional arguments fill them. */
  readonly args: Args;
  /** Takes any further positional arguments (`*args`): they arrive in `ctx.rest`. */
  readonly rest?: string;
  /** Takes any further keyword arguments (`**kwargs`): they arrive in `ctx.extra`, with Salt's `__pub_*` keys. */
  readonly extra?: string;
  /** Whether it changes the machine: `test=True`, the audit log and read-only users ask this. */
  readonly changes: boolean;
  /** The outputter of its results when the user names none: `highstate`, `txt`, ... */
  readonly out?: string;
  run(ctx: Ctx, args: ArgsOf<Args>): Returnable | Promise<Returnable>;
}

/**
 * `required` and `default` exclude each other; without both the argument may be undefined.
 * `only`: it is given by its name alone; `extra` says that it is one of Salt's `**kwargs`, which `sys.argspec` does
 * not name. Keywords that are neither named nor of a call with `extra` are refused.
 */
export type Arg = { readonly doc: string; readonly required?: boolean; readonly only?: 'keyword' | 'extra' } & (
  | { readonly type: 'string'; readonly default?: string; readonly choices?: readonly string[] }
  | { readonly type: 'number'; readonly default?: number }
  | { readonly type: 'boolean'; readonly default?: boolean }
  /** A comma separated string is taken as a list. */
  | { readonly type: 'list'; readonly default?: readonly Returnable[] }
  | { readonly type: 'map'; readonly default?: Readonly<Record<string, Returnable>> }
  /** Whatever YAML made of it. */
  | { readonly type: 'any'; readonly default?: Returnable }
);

export type ArgTable = Readonly<Record<string, Arg>>;
interface Types {
  string: string;
  number: number;
  boolean: boolean;
  list: readonly Returnable[];
  map: Readonly<Record<string, Returnable>>;
  any: Returnable;
}
type Given<A extends Arg> = A extends { default: unknown } | { required: true } ? Types[A['type']] : Types[A['type']] | undefined;
export type ArgsOf<T extends ArgTable> = { readonly [K in keyof T]: Given<T[K]> };
// biome-ignore lint/suspicious/noExplicitAny: a table of calls holds many argument shapes
export type AnyCall = Call<any>;

/** Only what msgpack and JSON both carry (bigint beyond 64 bits travels as text): what cannot be returned cannot be written. */
export type Returnable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Floating
  | readonly Returnable[]
  | { readonly [key: string]: Returnable }
  | ReadonlyMap<string | number | boolean | null, Returnable>;
/** See `protocol/wire/float.ts`: an integral float such as `1.0`. */
export interface Floating {
  readonly value: number;
  toJSON(): number;
}
/** A number that is a float for Salt's users also where it is integral: `float(5)` is shown as `5.0`. */
export const float = (value: number): Floating => new Float(value);

/** All that a call may touch, handed in: no globals, no dunders. */
export interface Ctx {
  /** The minion's id. */
  readonly id: string;
  readonly host: Host;
  readonly grains: Readonly<Record<string, Returnable>>;
  readonly pillar: Readonly<Record<string, Returnable>>;
  /** The minion's options, secrets left out. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Aborted when the job is killed or runs out of time. Child processes of `ctx.spawn` end with it. */
  readonly signal: AbortSignal;
  /** `test=True` was asked for: predict, do not change. */
  readonly testing: boolean;
  /** Further positional arguments, if the call declares `rest`. */
  readonly rest: readonly Returnable[];
  /** Further keyword arguments, if the call declares `extra`. */
  readonly extra: Readonly<Record<string, Returnable>>;
  readonly log: Log;
  /** Calls another function, as a user would: checked, with its defaults. */
  call(name: string, args?: readonly Returnable[], kwargs?: Readonly<Record<string, Returnable>>): Promise<Returnable>;
  /** Whether such a function exists here. A promise, because the module that may hold it is read on first use. */
  has(name: string): Promise<boolean>;
  /** Runs a program (no shell). Resolves also when it fails; rejects only when it cannot be started or timed out. */
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<Ran>;
  /** The job's return code, when it is not 0 for a call that throws nothing (Salt's `__context__['retcode']`). */
  retcode(code: number): void;
}

export interface SpawnOptions {
  readonly cwd?: string;
  /** Added to the environment; null removes a name. */
  readonly env?: Readonly<Record<string, string | null>>;
  readonly cleanEnv?: boolean;
  /** Nothing given is an empty input, not a pipe: bash takes a socket, as the pipes of Node are, for a remote login. */
  readonly stdin?: string | Uint8Array;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds until the process group is killed; then `timedOut` is true. */
  readonly timeout?: number;
  /** stderr goes into stdout, in the order written. */
  readonly mergeStderr?: boolean;
  /**
   * The new session is not tied to the job: it survives it. Nobody waits for it or reads what it writes:
   * resolves as soon as it runs, with its pid, code 0 and no output.
   */
  readonly detached?: boolean;
  readonly umask?: number;
}
export interface Ran {
  readonly pid: number;
  /** Exit status; negative number of the signal that ended it, as Python's `returncode`. */
  readonly code: number;
  /** Its name, such as `SIGKILL`, if a signal ended it. */
  readonly signal?: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly timedOut: boolean;
}
export interface Host {
  readonly os: string;
  readonly osFamily: string;
  /** Absolute path of a program on PATH. */
  which(program: string): string | undefined;
}
export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** A failure that is the caller's to read: its message is the result, without a stack, and retcode is 1. */
export class CommandFailed extends Error {
  readonly retcode: number;
  constructor(message: string, retcode = 1) {
    super(message);
    this.name = 'CommandExecutionError';
    this.retcode = retcode;
  }
}

/** It failed with some of it done: `changes` tells of that, and `brief` is the message without it. */
export class PartlyDone extends CommandFailed {
  readonly changes: Readonly<Record<string, Returnable>>;
  readonly brief: string;
  constructor(message: string, brief: string, changes: Readonly<Record<string, Returnable>>) {
    super(message);
    this.brief = brief;
    this.changes = changes;
  }
}

/** The arguments make no sense together, or name what cannot be acted on; the loader words it as Salt does. */
export class CallRefused extends CommandFailed {
  constructor(message: string) {
    super(message);
    this.name = 'SaltInvocationError';
  }
}

/** A program that the call runs is not here. Its message is the result; the loader words it as Salt does. */
export class CommandNotFound extends CommandFailed {
  constructor(message: string) {
    super(message);
    this.name = 'CommandNotFoundError';
  }
}

export const call = <const A extends ArgTable>(definition: Call<A>): Call<A> => definition;
export const execModule = <const C extends Record<string, AnyCall>>(definition: ExecModule<C>): ExecModule<C> => definition;

/** A source of grains: answers some keys, at start and at each refresh. */
export interface GrainSource {
  readonly name: string;
  readonly doc: string;
  /** It looks at what sources before it found, and waits for them; all others are asked at once. */
  readonly builds?: true;
  collect(host: GrainHost): Promise<Readonly<Record<string, Returnable>>>;
}
/** What a grain source may look at; tests hand in recorded systems. */
export interface GrainHost {
  readonly config: Readonly<Record<string, unknown>>;
  readonly which: (program: string) => string | undefined;
  /** Grains found so far, by the sources before this one. */
  readonly grains: Readonly<Record<string, Returnable>>;
  /** The text of a file, or undefined if there is none that may be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** Names in a directory, sorted; none if it cannot be read. */
  list(path: string): readonly string[];
  /** What a program prints in the C locale, trimmed; undefined if it is absent, fails or takes longer than 5 s. */
  run(argv: readonly string[]): Promise<string | undefined>;
}
export const grainSource = (definition: GrainSource): GrainSource => definition;

/** A beacon looks at one thing of the machine again and again, and says what the masters should hear of it. */
export interface Beacon {
  /** Under `beacons:`, or as its `beacon_module`. */
  readonly name: string;
  readonly doc: string;
  /** An entry of `beacons:`, as YAML. */
  readonly example: string;
  /** True, or the reason it cannot serve here. */
  readonly serves?: (host: Host) => true | string;
  /** What is wrong with a configuration as it was written, in Salt's words; undefined when it is right. */
  validate(config: Returnable, ctx: BeaconCtx): string | undefined | Promise<string | undefined>;
  /** Begins to look. `config` was validated: its items in order, without those for the minion itself. */
  open(config: BeaconConfig, ctx: BeaconCtx): Probe | Promise<Probe>;
}
export type BeaconConfig = readonly { readonly [key: string]: Returnable }[];
/** One look after another. What was seen before lives as long as the probe. */
export interface Probe {
  /** What there is to tell now. `tag` becomes the end of the event's tag, the rest its data. */
  collect(): BeaconEvents | Promise<BeaconEvents>;
  /** Lets go of what is held: watches, processes. */
  close?(): void | Promise<void>;
}
export type BeaconEvents = readonly { readonly [key: string]: Returnable }[];
/** What a beacon may touch. `signal` is aborted when the probe is closed. */
export type BeaconCtx = Pick<Ctx, 'id' | 'host' | 'grains' | 'signal' | 'log' | 'call' | 'has' | 'spawn'>;
export const beacon = (definition: Beacon): Beacon => definition;

/** A returner hands what functions returned, or the master's events, on to another system: a file, a database, a monitor. */
export interface Returner<Options extends ArgTable = ArgTable> {
  /** After `--return`. */
  readonly name: string;
  readonly doc: string;
  /** What to write into the configuration, as YAML. */
  readonly example: string;
  /** What stands before its options in the configuration (`carbon` in `carbon.host`), the first found counts. Default: its name. */
  readonly prefixes?: readonly string[];
  readonly options: Options;
  /** Most results in one batch; 500 unless given. */
  readonly batch?: number;
  /** True, or the reason it cannot serve here. */
  readonly serves?: (host: Host) => true | string;
  /** Makes a way out for one set of options. May connect now or when there is something to send. */
  open(options: ArgsOf<Options>, ctx: ReturnerCtx): Outlet | Promise<Outlet>;
}
// biome-ignore lint/suspicious/noExplicitAny: a table of returners holds many option shapes
export type AnyReturner = Returner<any>;

/** What a function returned and for which job: Salt's `ret`, with `return`, `fun_args`, `success`, `retcode` and perhaps more. */
export interface JobResult {
  readonly id: string;
  readonly jid: string;
  readonly fun: string | readonly string[];
  readonly return: Returnable;
  readonly [field: string]: Returnable;
}
/** An event of the master's bus. */
export interface MasterEvent {
  readonly tag: string;
  readonly data: Readonly<Record<string, Returnable>>;
}
/** Something to be handed on, and when it came to be. */
export interface Handed<T> {
  readonly at: Date;
  readonly what: T;
}

/**
 * One way out. It is asked for one thing at a time, except for `ask`. When `send` or `events` reject with `ReturnerAway`
 * the batch waits and is handed over again. Any other rejection: each of the batch is handed over once more alone, so
 * that one bad result takes no other with it, and what fails then is given up.
 */
export interface Outlet {
  /** Hands on results, in their order. Resolves when the other side has them. */
  send(results: readonly Handed<JobResult>[]): Promise<void>;
  /** Hands on events of the master (`event_return`). */
  events?(events: readonly Handed<MasterEvent>[]): Promise<void>;
  /** Reads back: what `ret.get_jid`, `ret.get_fun`, `ret.get_jids` and `ret.get_minions` answer. */
  ask?(what: 'jid' | 'fun' | 'jids' | 'minions', of: string): Promise<Returnable>;
  close?(): void | Promise<void>;
}
/** What a returner may touch. */
export interface ReturnerCtx extends Pick<Ctx, 'id' | 'host' | 'log' | 'spawn'> {
  /** Aborted when the outlet is closed, or took too long. */
  readonly signal: AbortSignal;
  /** Another returner of this daemon, by its name: what it is sent waits in a queue of its own. */
  other(name: string): Outlet;
}
/** A batch did not get there, or not all of it. */
export class DeliveryFailed extends Error {
  /** So many from its beginning are there all the same. */
  readonly delivered: number;
  constructor(message: string, delivered = 0) {
    super(message);
    this.name = new.target.name;
    this.delivered = delivered;
  }
}
/** The system behind a returner cannot be reached now and may be there again soon. */
export class ReturnerAway extends DeliveryFailed {}
export const returner = <const O extends ArgTable>(definition: Returner<O>): Returner<O> => definition;
