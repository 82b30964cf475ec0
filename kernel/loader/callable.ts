import type { Returnable } from '../../modules/define.ts';

/** What Salt's `sys.argspec` prints for a function. `defaults` belong to the last of `args`. */
export interface ArgSpec {
  readonly args: readonly string[] | null;
  readonly defaults: readonly Returnable[] | null;
  readonly varargs: true | null;
  readonly kwargs: true | null;
}

/** Arguments after Salt's wire form was taken apart. */
export interface Given {
  readonly positional: readonly unknown[];
  readonly keywords: ReadonlyMap<string, unknown>;
}

/** The job a call runs for; nested calls share it. */
export interface JobContext {
  readonly jid?: string;
  readonly fun: string;
  readonly user?: string;
  readonly signal: AbortSignal;
  /** `test=True` was asked for outside the arguments. */
  readonly testing?: boolean;
  /** The publication's fields, which functions that take any keyword receive as `__pub_<field>`. */
  readonly pub?: Readonly<Record<string, unknown>>;
  /** Receives what child processes print, as they print it (`--follow`). */
  output?(stream: 'stdout' | 'stderr', text: string): void;
}

/** Other functions, as a function under way may call them. */
export interface Others {
  /** @throws NotAvailable, BadArguments, UnknownKeywords, and whatever the function throws */
  call(fun: string, given: Given, run: Run): Promise<Returnable>;
  has(fun: string): Promise<boolean>;
  /** Whether the minion has it itself, and need not borrow it of the real Salt. */
  own(fun: string): Promise<boolean>;
  /** All names, sorted. */
  names(): Promise<readonly string[]>;
}

/** A job under way. Nested calls share `status` (Salt's `__context__['retcode']`): the last to set it wins. */
export interface Run {
  readonly job: JobContext;
  readonly status: { retcode: number };
  readonly testing: boolean;
  readonly others: Others;
}

/** A function as the registry sees it, whatever language it is written in. */
export interface Callable {
  /** As `sys.doc` prints it. */
  readonly doc: string;
  readonly argspec: ArgSpec;
  readonly out?: string;
  /** Keywords taken besides those of `argspec` (`test` for calls that change the machine). */
  readonly alsoTakes?: readonly string[];
  call(given: Given, run: Run): Promise<Returnable>;
}

/** A module ready to be called. */
export interface LoadedModule {
  readonly name: string;
  readonly functions: ReadonlyMap<string, Callable>;
}

/** A module that is there but does not serve on this machine. */
export interface RefusedModule {
  readonly name: string;
  readonly reason: string;
}

/** Modules written in another language, or found at run time. */
export interface ModuleHost {
  readonly name: string;
  /** What it has now. Asked once after each `refresh`. `builtins` are the functions that need no host. */
  modules(builtins: Others): Promise<readonly (LoadedModule | RefusedModule)[]>;
  /** Forgets what it read; the next `modules` looks again. */
  refresh(): Promise<void>;
}
