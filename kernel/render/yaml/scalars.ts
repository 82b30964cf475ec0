import { type Cursor, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd } from './cursor.ts';
import { YamlError } from './errors.ts';

const FLOW_ENDS = ',[]{}';

/** A plain scalar; whether it went over a line's end decides if a key may follow. */
export function plainScalar(cursor: Cursor, indent: number, inFlow: boolean): { readonly text: string; readonly folded: boolean } {
  const start = cursor.mark();
  let text = '';
  let gap = '';
  let folded = false;
  while (!cursor.atDocumentMark() && cursor.peek() !== '#') {
    const words = plainRun(cursor, inFlow, start);
    if (words === '') break;
    text += gap + words;
    folded = false;
    if (isBreakOrEnd(cursor.peek()) === false && !isBlank(cursor.peek())) break;
    const blanks = plainGap(cursor, indent, start);
    gap = blanks.text;
    folded = blanks.folded;
    if (!inFlow && cursor.column < indent) break;
  }
  return { text, folded };
}

function plainRun(cursor: Cursor, inFlow: boolean, start: ReturnType<Cursor['mark']>): string {
  const from = cursor.at;
  for (let character = cursor.peek(); !isBlankOrEnd(character); character = cursor.peek()) {
    const next = cursor.peek(1);
    if (inFlow && character === ':' && next !== '' && FLOW_ENDS.includes(next)) {
      throw new YamlError('ScannerError', "found unexpected ':'", cursor.mark(), 'while scanning a plain scalar', start);
    }
    if (character === ':' && isBlankOrEnd(next)) break;
    if (inFlow && FLOW_ENDS.includes(character)) break;
    cursor.skip();
  }
  return cursor.text.slice(from, cursor.at);
}

function plainGap(cursor: Cursor, indent: number, start: ReturnType<Cursor['mark']>): { readonly text: string; readonly folded: boolean } {
  let spaces = '';
  let breaks: string | undefined;
  for (let character = cursor.peek(); isBlank(character) || isBreak(character); character = cursor.peek()) {
    if (isBreak(character)) {
      breaks = (breaks ?? '') + cursor.breakLine();
      continue;
    }
    if (breaks !== undefined && character === '\t' && cursor.column < indent) {
      throw new YamlError(
        'ScannerError',
        'found a tab character that violates indentation',
        cursor.mark(),
        'while scanning a plain scalar',
        start,
      );
    }
    if (breaks === undefined) spaces += character;
    cursor.skip();
  }
  return breaks === undefined ? { text: spaces, folded: false } : { text: fold(breaks), folded: true };
}

/** One line end is a space, further ones stay. */
const fold = (breaks: string): string => (breaks[0] !== '\n' ? breaks : breaks.length === 1 ? ' ' : breaks.slice(1));

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A scalar in single or double quotes, the cursor at the first of them. */
export function quotedScalar(cursor: Cursor): string {
  const start = cursor.mark();
  const quote = cursor.peek();
  const broken = (problem: string): YamlError =>
    new YamlError('ScannerError', problem, cursor.mark(), 'while scanning a quoted scalar', start);
  let text = '';
  cursor.skip();
  for (;;) {
    if (cursor.atDocumentMark()) throw broken('found unexpected document indicator');
    if (cursor.peek() === '') throw broken('found unexpected end of stream');
    const run = quotedRun(cursor, quote, start);
    text += run.text;
    if (cursor.peek() === quote) break;
    text += quotedGap(cursor, run.joined);
  }
  cursor.skip();
  return text;
}

/** Up to a blank, a line end or the closing quote. `joined`: it ended with an escaped line end. */
function quotedRun(cursor: Cursor, quote: string, start: ReturnType<Cursor['mark']>): { readonly text: string; readonly joined: boolean } {
  let text = '';
  for (let character = cursor.peek(); !isBlankOrEnd(character); character = cursor.peek()) {
    if (character === quote) {
      if (quote === '"' || cursor.peek(1) !== "'") break;
      text += "'";
      cursor.skip(2);
    } else if (character === '\\' && quote === '"') {
      if (isBreak(cursor.peek(1))) {
        cursor.skip();
        cursor.breakLine();
        return { text, joined: true };
      }
      text += escaped(cursor, start);
    } else {
      text += character;
      cursor.skip();
    }
  }
  return { text, joined: false };
}

function escaped(cursor: Cursor, start: ReturnType<Cursor['mark']>): string {
  const broken = (problem: string): YamlError =>
    new YamlError('ScannerError', problem, cursor.mark(), 'while parsing a quoted scalar', start);
  const letter = cursor.peek(1);
  const digits = HEX_DIGITS[letter];
  if (digits === undefined) {
    const meant = ESCAPES[letter];
    if (meant === undefined) throw broken('found unknown escape character');
    cursor.skip(2);
    return meant;
  }
  cursor.skip(2);
  const hex = cursor.text.slice(cursor.at, cursor.at + digits);
  if (hex.length !== digits || !/^[0-9a-f]+$/i.test(hex)) throw broken('did not find expected hexdecimal number');
  const code = Number.parseInt(hex, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw broken('found invalid Unicode character escape code');
  cursor.skip(digits);
  return String.fromCodePoint(code);
}

function quotedGap(cursor: Cursor, joined: boolean): string {
  let spaces = '';
  let breaks: string | undefined = joined ? '' : undefined;
  for (let character = cursor.peek(); isBlank(character) || isBreak(character); character = cursor.peek()) {
    if (isBreak(character)) breaks = (breaks ?? '') + cursor.breakLine();
    else {
      if (breaks === undefined) spaces += character;
      cursor.skip();
    }
  }
  if (breaks === undefined) return spaces;
  return joined ? breaks : fold(breaks);
}

/** A literal (`|`) or folded (`>`) scalar; `indent` is that of the block it stands in. */
export function blockScalar(cursor: Cursor, indent: number): string {
  const start = cursor.mark();
  const literal = cursor.peek() === '|';
  cursor.skip();
  const header = blockHeader(cursor, start);
  let own = header.increment === 0 ? 0 : Math.max(indent, 0) + header.increment;
  const first = blockBreaks(cursor, own, indent, start);
  own = first.indent;
  let text = '';
  let pending = '';
  let blanks = first.breaks;
  let wasBlank = false;
  while (cursor.column === own && cursor.peek() !== '') {
    const blank = isBlank(cursor.peek());
    if (!literal && pending.startsWith('\n') && !wasBlank && !blank) text += blanks === '' ? ' ' : blanks;
    else text += pending + blanks;
    wasBlank = blank;
    text += cursor.take((character) => !isBreak(character));
    pending = cursor.peek() === '' ? '' : cursor.breakLine();
    blanks = blockBreaks(cursor, own, indent, start).breaks;
  }
  if (header.chomp !== '-') text += pending;
  return header.chomp === '+' ? text + blanks : text;
}

function blockHeader(cursor: Cursor, start: ReturnType<Cursor['mark']>): { readonly chomp: string; readonly increment: number } {
  const broken = (problem: string): YamlError =>
    new YamlError('ScannerError', problem, cursor.mark(), 'while scanning a block scalar', start);
  const marks = cursor.take((character) => /[-+0-9]/.test(character));
  const parts = /^(?:([-+])(\d?)|(\d)([-+]?))?$/.exec(marks);
  if (parts === null) throw broken('did not find expected comment or line break');
  const digit = parts[2] || parts[3] || '';
  if (digit === '0') throw broken('found an indentation indicator equal to 0');
  cursor.take(isBlank);
  if (cursor.peek() === '#') cursor.take((character) => !isBreak(character));
  if (!isBreakOrEnd(cursor.peek())) throw broken('did not find expected comment or line break');
  if (cursor.peek() !== '') cursor.breakLine();
  return { chomp: parts[1] ?? parts[4] ?? '', increment: Number(digit) };
}

/** Empty lines; with `own` 0 the indentation is found, too. */
function blockBreaks(
  cursor: Cursor,
  own: number,
  indent: number,
  start: ReturnType<Cursor['mark']>,
): { readonly breaks: string; readonly indent: number } {
  let breaks = '';
  let widest = 0;
  for (;;) {
    while ((own === 0 || cursor.column < own) && cursor.peek() === ' ') cursor.skip();
    widest = Math.max(widest, cursor.column);
    if ((own === 0 || cursor.column < own) && cursor.peek() === '\t') {
      throw new YamlError(
        'ScannerError',
        'found a tab character where an indentation space is expected',
        cursor.mark(),
        'while scanning a block scalar',
        start,
      );
    }
    if (!isBreak(cursor.peek())) break;
    breaks += cursor.breakLine();
  }
  return { breaks, indent: own === 0 ? Math.max(widest, indent + 1, 1) : own };
}
