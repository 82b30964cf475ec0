import type { Data } from '../kernel/render/python/value.ts';
import type { ArgsOf, ArgTable, Ctx, Host, Returnable } from '../modules/define.ts';

/** What every state module imports, built-in or custom. As an execution module's definition it is data. */
export interface StateModule<States extends Record<string, AnyState> = Record<string, AnyState>> {
  /** The name before the dot: `file` in `file.managed`. */
  readonly name: string;
  readonly doc: string;
  readonly serves?: (host: Host) => true | string;
  readonly states: States;
  /** Runs instead of a state that changed nothing while something it watches has changed. */
  readonly watch?: (ctx: StateCtx, args: Readonly<Record<string, Returnable>>, fun: string) => Promise<Outcome>;
  /**
   * Where the user wants it (`aggregate`): the arguments with which a state does the work of others of its module too, and
   * of which others. They run all the same, with nothing left to do.
   */
  readonly aggregate?: (own: Low, others: readonly Low[]) => { readonly args: Low; readonly from: readonly Low[] };
}
/** A chunk's arguments as written, with those that are the engine's. */
export type Low = Readonly<Record<string, Returnable>>;

/**
 * A state in two halves. `check` looks and never writes: it answers that all is as it should be (or cannot be),
 * or a plan. The engine shows the plan when `test=True`, else carries it out.
 */
export interface State<Args extends ArgTable> {
  readonly doc: string;
  readonly examples?: readonly string[];
  readonly args: Args;
  /** It understands `check_cmd` (or `unless`, ...) itself; the engine keeps out. */
  readonly handles?: readonly ('check_cmd' | 'conditions')[];
  /** Takes further arguments without a warning; they are in `ctx.extra`. */
  readonly extra?: string;
  check(ctx: StateCtx, args: ArgsOf<Args>): Promise<Verdict>;
}
// biome-ignore lint/suspicious/noExplicitAny: a table of states holds many argument shapes
export type AnyState = State<any>;

export type Changes = Readonly<Record<string, Returnable>>;

/** How a state ended. `result` null: it would change (`test=True` only). */
export interface Outcome {
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes: Changes;
  readonly warnings?: readonly string[];
  /** What else Salt's function of that name puts into its result. */
  readonly more?: Readonly<Record<string, Returnable>>;
}
export interface Plan {
  /** What `test=True` shows. */
  readonly predicted: Omit<Outcome, 'result'> & { readonly result?: boolean | null };
  apply(): Promise<Outcome>;
}
export type Verdict = Outcome | Plan;

/** What a state may touch: what a call may, and the state run it is part of. */
export interface StateCtx extends Ctx {
  /** The state's id and name, the SLS it stands in. */
  readonly chunk: {
    readonly id: string;
    readonly name: string;
    readonly sls: string | null;
    readonly fun: string;
    /** The chunk as written, with the arguments that are the engine's. */
    readonly low: ReadonlyMap<string, Data>;
  };
  readonly saltenv: string;
  /** What it watches and what has changed, as `test: id`; of use in `watch` alone. */
  readonly changed: readonly string[];
  /** The chunks of this run, in their order, with their arguments as written. */
  lowstate(): readonly Readonly<Record<string, Returnable>>[];
  /** What states of this run keep for one another, by the name of the state module that keeps it. */
  readonly shared: Map<string, unknown>;
  /** Arguments of the chunk that its table does not name. */
  readonly extra: Readonly<Record<string, Returnable>>;
}

export const state = <const A extends ArgTable>(definition: State<A>): State<A> => definition;
export const stateModule = <const S extends Record<string, AnyState>>(definition: StateModule<S>): StateModule<S> => definition;

/** All is as it should be. */
export const inOrder = (comment: string, changes: Changes = {}): Outcome => ({ result: true, comment, changes });
export const failed = (comment: string, changes: Changes = {}): Outcome => ({ result: false, comment, changes });
export const isPlan = (verdict: Verdict): verdict is Plan => 'predicted' in verdict;
/** The outcome of a plan that is only shown. */
export const foreseen = ({ predicted: { result = null, ...rest } }: Plan): Outcome => ({ result, ...rest });
