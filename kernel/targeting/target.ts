import { TsaltError } from '../../protocol/errors.ts';

/** What is known of one minion: on the minion itself, or from the master's cache of its data. */
export interface Subject {
  readonly id: string;
  readonly grains: Record<string, unknown>;
  readonly pillar: Record<string, unknown>;
  /** The minion's own data store (`data.set`), for the kind `data`; only the minion has it. */
  readonly data?: Record<string, unknown>;
}

/** A target as typed by a user or as it came over the wire. `kind` is Salt's `tgt_type`. */
export interface TargetSpec {
  readonly kind: string;
  readonly expression: string | readonly string[];
  /** Between the levels of a grain or pillar path; `:` when absent. */
  readonly delimiter?: string;
}

/** Named groups as the option `nodegroups` holds them: a compound expression, or its words, or ids. */
export type Nodegroups = Readonly<Record<string, string | readonly string[]>>;

/** The kinds of data a target looks at beside the id. */
export type Need = 'grains' | 'pillar';

export interface CompiledTarget {
  /** Never throws, whatever the minion's data hold. */
  matches(subject: Subject): boolean;
  /** Ids named one by one and not excluded by `not`, also unknown ones: the user waits for an answer of each. */
  readonly listed?: readonly string[];
  readonly needs: ReadonlySet<Need>;
  /** What is published: minions know no nodegroups, so these are resolved to compound text. */
  readonly wire: { readonly tgt: string | string[]; readonly tgt_type: string };
}

/** A compiled part of a target. */
export interface Matcher {
  matches(subject: Subject): boolean;
  readonly needs: readonly Need[];
  readonly listed?: readonly string[];
}

/** One way of targeting. `compile` gets an expression that is a string unless the kind is `list`. */
export interface Kind {
  readonly name: string;
  /** Before the `@` in a compound expression, if it may stand there. */
  readonly letter?: string;
  /** @throws BadTarget when the expression can match nothing by its form. */
  compile(expression: string, delimiter: string): Matcher;
}

/** A target that cannot be understood. The message names the place and the remedy. */
export class BadTarget extends TsaltError {
  constructor(message: string, cause?: unknown) {
    super('bad-target', message, { cause });
  }
}

/** A part of an expression for an error message, short and in quotes. */
export const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
