/** What one option of a tool is; parser, help and shell completion are all made of these. */
export interface OptionSpec {
  /** Under which its value is looked up. */
  readonly name: string;
  /** In the order help shows them: `['-t', '--timeout']`. */
  readonly flags: readonly string[];
  /** `flag` takes no value, `list` may be given several times. */
  readonly kind: 'flag' | 'text' | 'int' | 'number' | 'list';
  /** The value's name in the help text; from the long flag when absent. */
  readonly metavar?: string;
  readonly help: string;
  /** Values completion offers. */
  readonly choices?: readonly string[];
  /** Other values than the choices are refused. */
  readonly closed?: true;
}

export interface OptionGroup {
  /** Absent for the first group, which help shows as `Options`. */
  readonly title?: string;
  readonly about?: string;
  readonly options: readonly OptionSpec[];
}

/** A tool as its user sees it. */
export interface ToolSpec {
  readonly prog: string;
  readonly usage: string;
  readonly about: string;
  readonly groups: readonly OptionGroup[];
}

export const optionsOf = (tool: ToolSpec): readonly OptionSpec[] => tool.groups.flatMap((group) => group.options);

/** Makers, to keep the tables readable. */
export const flag = (name: string, flags: readonly string[], help: string): OptionSpec => ({ name, flags, kind: 'flag', help });
export const text = (
  name: string,
  flags: readonly string[],
  help: string,
  more: { metavar?: string; choices?: readonly string[]; closed?: true } = {},
): OptionSpec => ({ name, flags, kind: 'text', help, ...more });
export const int = (name: string, flags: readonly string[], help: string): OptionSpec => ({ name, flags, kind: 'int', help });
export const number = (name: string, flags: readonly string[], help: string): OptionSpec => ({ name, flags, kind: 'number', help });
export const list = (name: string, flags: readonly string[], help: string, metavar?: string): OptionSpec => ({
  name,
  flags,
  kind: 'list',
  help,
  ...(metavar === undefined ? {} : { metavar }),
});
