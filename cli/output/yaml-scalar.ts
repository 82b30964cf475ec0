import { implicitTag } from '../yaml11.ts';

/** How a text may be written, decided as libyaml's emitter decides it. */
export type ScalarStyle = 'plain' | 'single' | 'double';

const BREAK = /[\r\n\x85\u2028\u2029]/;
const BLANK = /[ \t\r\n\x85\u2028\u2029\0]/;
/** libyaml counts nothing outside the basic plane as printable. */
const UNPRINTABLE = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const FIRST = new Set('#,[]{}&*!|>\'"%@`');
const INSIDE_FLOW = new Set(',?[]{}');

interface Found {
  flowIndicator: boolean;
  blockIndicator: boolean;
}

/** Signs of YAML's grammar that would end or change a plain text. */
function indicators(text: string): Found {
  const found: Found = { flowIndicator: false, blockIndicator: false };
  if (/^(?:---|\.\.\.)/.test(text)) Object.assign(found, { flowIndicator: true, blockIndicator: true });
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? '';
    const beforeBlank = i + 1 >= text.length || BLANK.test(text[i + 1] ?? '');
    const afterBlank = i === 0 || BLANK.test(text[i - 1] ?? '');
    const block = i === 0 ? opens(sign, beforeBlank) : (sign === ':' && beforeBlank) || (sign === '#' && afterBlank);
    if (block) found.blockIndicator = true;
    if (block || sign === ':' || (i === 0 ? sign === '?' : INSIDE_FLOW.has(sign))) found.flowIndicator = true;
  }
  return found;
}

const opens = (sign: string, beforeBlank: boolean): boolean =>
  FIRST.has(sign) || (beforeBlank && (sign === '?' || sign === ':' || sign === '-'));

const unquotable = (text: string): boolean => UNPRINTABLE.test(text) || / [\r\n\x85\u2028\u2029]|[\r\n\x85\u2028\u2029] /.test(text);

/** `implicit`: the text, read back bare, is what it is meant to be. */
export function styleOf(text: string, implicit: boolean, context: { flow: boolean; simpleKey: boolean }): ScalarStyle {
  if (context.simpleKey && BREAK.test(text)) return 'double';
  if (text === '') return implicit && !context.flow && !context.simpleKey ? 'plain' : 'single';
  if (unquotable(text)) return 'double';
  const found = indicators(text);
  const barred = context.flow ? found.flowIndicator : found.blockIndicator;
  const plain = implicit && !barred && !BREAK.test(text) && !text.startsWith(' ') && !text.endsWith(' ');
  return plain ? 'plain' : 'single';
}

export const isMultiline = (text: string): boolean => BREAK.test(text);

export const readsAsText = (text: string): boolean => implicitTag(text) === 'str';

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

/** A character of a double quoted text; undefined when it stands for itself. */
export function escapeOf(character: string): string | undefined {
  const named = ESCAPES[character];
  if (named !== undefined) return named;
  if (!UNPRINTABLE.test(character)) return undefined;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
