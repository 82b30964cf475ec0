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

/** `required` and `default` exclude each other; without both the argument may be undefined. */
export type Arg = { readonly doc: string; readonly required?: boolean } & (
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

/** The arguments make no sense together, or name what cannot be acted on; the loader words it as Salt does. */
export class CallRefused extends CommandFailed {
  constructor(message: string) {
    super(message);
    this.name = 'SaltInvocationError';
  }
}

export const call = <const A extends ArgTable>(definition: Call<A>): Call<A> => definition;
export const execModule = <const C extends Record<string, AnyCall>>(definition: ExecModule<C>): ExecModule<C> => definition;

/** A source of grains: answers some keys, at start and at each refresh. */
export interface GrainSource {
  readonly name: string;
  readonly doc: string;
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
