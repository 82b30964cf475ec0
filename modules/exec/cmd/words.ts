import type { Returnable } from '../../define.ts';

export const isList = (value: Returnable | undefined): value is readonly Returnable[] => Array.isArray(value);
export const isMap = (value: Returnable): value is Readonly<Record<string, Returnable>> =>
  typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Uint8Array) && !(value instanceof Map);

/** Splits a command line as a POSIX shell would (quotes, backslashes), without expanding anything. Throws on an open quote. */
export const splitWords = (line: string): string[] => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === "'") {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '\\') {
      if (next === '') throw new SyntaxError('No escaped character');
      // Within double quotes a backslash escapes only itself and the quote.
      word = (word ?? '') + (quote === '"' && next !== '"' && next !== '\\' ? `\\${next}` : next);
      at += 1;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw new SyntaxError('No closing quotation');
  if (word !== undefined) words.push(word);
  return words;
};

/** One word that a POSIX shell reads back as this text. */
export const quoteWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

/** What Python's `str()` makes of the value: environment values and arguments are texts. */
export const wordOf = (value: Returnable): string => {
  if (typeof value === 'string') return value;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'object' && 'toJSON' in value) return String(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** A list of texts as Salt prints it in messages: `['sleep', '5']`. */
export const listText = (words: readonly string[]): string => {
  const quoted = words.map((word) => {
    const quote = word.includes("'") && !word.includes('"') ? '"' : "'";
    return quote + word.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(quote, `\\${quote}`) + quote;
  });
  return `[${quoted.join(', ')}]`;
};

/** A list, or a comma separated text, as trimmed texts. */
export const splitList = (value: Returnable): string[] =>
  Array.isArray(value)
    ? value.map(wordOf)
    : wordOf(value)
        .split(',')
        .map((part) => part.trim());

/** Shell-style matching of a whole text: `*`, `?`, `[seq]`, `[!seq]`. */
export const globMatches = (text: string, glob: string): boolean => {
  const pattern = glob.replace(/\[(!?)([^\]]+)\]|[\s\S]/g, (part, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^[]/g, '\\$&')}]`;
    if (part === '*') return '[\\s\\S]*';
    return part === '?' ? '[\\s\\S]' : part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${pattern}$`).test(text);
};
