/** One entry of apt's sources, in either of its two forms. What is set changes what `toString` writes. */
export interface Source {
  file: string;
  /** Of a comment, an empty line, or what cannot be read: kept as it is. */
  readonly invalid: boolean;
  disabled: boolean;
  types: readonly string[];
  uris: readonly string[];
  suites: readonly string[];
  comps: readonly string[];
  architectures: readonly string[];
  signedby: string | null;
  trusted: boolean | null;
  comment: string;
  /** Without the newline at its end. */
  toString(): string;
}

/** The words that apt takes for yes and no; undefined for any other. */
export const boolOf = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (['no', 'false', 'without', 'off', 'disable', '0'].includes(word)) return false;
  return ['yes', 'true', 'with', 'on', 'enable', '1'].includes(word) ? true : undefined;
};

export const withoutSlash = (uri: string): string => uri.replace(/\/+$/, '');
