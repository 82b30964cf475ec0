/** Everything a user may set about how results are printed; from the options and the configuration file. */
export interface OutputOptions {
  /** `--out`: wins over what the function asked for, except for `highstate`. */
  readonly output?: string;
  readonly color?: boolean;
  /** `--out-indent`: a number of spaces, negative for one line, `pretty` for 4 and sorted keys, null for one line. */
  readonly indent?: number | 'pretty' | null;
  readonly state?: StateOptions;
  /** Results were collected first (`--static`); state functions then need their outputter named by `fun`. */
  readonly static?: boolean;
  readonly fun?: string;
  /** The arguments of the job: `state.apply exclude=True,` steers the filter mode. */
  readonly args?: readonly unknown[];
}

/** Salt's `state_*` options. */
export interface StateOptions {
  /** full, terse, mixed, changes or filter, each also with `_id`. */
  readonly output?: string;
  readonly verbose?: boolean;
  readonly tabular?: boolean | string;
  readonly pct?: boolean;
  readonly profile?: boolean;
  readonly diff?: boolean;
  readonly compressIds?: boolean;
  readonly exclude?: readonly string[] | string;
  readonly terse?: readonly string[] | string;
  /** False leaves ESC characters in what minions sent. */
  readonly stripColors?: boolean;
}

/** What one printing knows besides the options. */
export interface Occasion {
  /** Not 0 turns nested output red. */
  readonly retcode?: number;
  /** Columns by which nested output is moved to the right. */
  readonly nestedIndent?: number;
}

/**
 * Turns a value into text without a trailing line end.
 * @throws Unprintable when the value is not of the shape this outputter is for.
 */
export type Outputter = (data: unknown, options: OutputOptions, occasion: Occasion) => string;
