import type { Returnable } from '../../define.ts';

/** Words of a line as a shell splits them, quotes and backslashes removed, nothing expanded. */
const splitWords = (line: string): string[] =>
  (line.match(/(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g) ?? []).map((word) =>
    word.replace(
      /\\([\s\S])|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'/g,
      (_part, plain?: string, double?: string, single?: string) => plain ?? single ?? (double ?? '').replace(/\\(["\\])/g, '$1'),
    ),
  );

/** Options: a line, or a list of words. A `--` at the end of a line is left out: it is put where it belongs. */
export const optionWords = (options: Returnable | undefined): string[] => {
  if (options == null) return [];
  if (Array.isArray(options)) return options.map(String);
  const words = splitWords(String(options));
  return words.at(-1) === '--' ? words.slice(0, -1) : words;
};

/** A list, or one with commas between. */
export const listOf = (value: Returnable | undefined): string[] => {
  if (value == null) return [];
  return (Array.isArray(value) ? value : String(value).split(',')).map((item) => String(item).trim());
};

export const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'));

/** A text with user names and passwords of URLs hidden. */
export const redacted = (text: string): string => text.replace(/(https?):\/\/[^\s/@]+@/g, '$1://<redacted>@');
