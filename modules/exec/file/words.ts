import { CommandFailed, type Returnable } from '../../define.ts';

/** What Python's `str()` makes of a value: `file.append /x True` writes `True`. */
export const textOf = (value: Returnable): string => {
  if (typeof value === 'string') return value;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'object' && 'toJSON' in value) return String(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** The permission bits of an octal text such as `0644`, `'644'`, `0o644`, or of the number YAML made of it (644). */
export const modeBits = (mode: Returnable): number => {
  const digits =
    textOf(mode)
      .replace(/^0o?/i, '')
      .replace(/^0+(?=.)/, '') || '0';
  if (!/^[0-7]{1,4}$/.test(digits)) throw new CommandFailed(`Invalid Mode ${digits}`);
  return Number.parseInt(digits, 8);
};

/** Permission bits as Salt shows them: `0644`. */
export const modeText = (bits: number): string => (bits & 0o7777).toString(8).padStart(4, '0');

/** Words of a command line as a POSIX shell splits them, quotes and backslashes removed, nothing expanded. */
export const splitWords = (line: string): string[] =>
  (line.match(/(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g) ?? []).map((word) =>
    word.replace(
      /\\([\s\S])|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'/g,
      (_part, plain?: string, double?: string, single?: string) => plain ?? single ?? (double ?? '').replace(/\\(["\\])/g, '$1'),
    ),
  );

/** A mode as four octal digits, as it is compared and shown; undefined where none is asked for. */
export const modeWord = (mode: Returnable | undefined): string | undefined =>
  mode == null
    ? undefined
    : textOf(mode)
        .replace(/["']/g, '')
        .replace(/^[0Oo]+/, '')
        .padStart(4, '0');
