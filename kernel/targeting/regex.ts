import { RE2JS } from 're2js';
import { messageOf } from '../../protocol/errors.ts';
import { BadTarget, quoted } from './target.ts';

/**
 * A user's regular expression with the meaning of Python's `re.match`: anchored at the start, open at the end.
 * It runs in time linear in the text (RE2), so no pattern can hang a daemon; what RE2 cannot express
 * (lookaround, backreferences, possessive quantifiers, verbose mode) is refused.
 * @throws BadTarget when the pattern is malformed or not expressible.
 */
export function regexMatcher(pattern: string): (text: string) => boolean {
  try {
    const compiled = RE2JS.compile(fromPython(pattern));
    return (text) => compiled.matcher(text).lookingAt();
  } catch (problem) {
    const detail = messageOf(problem).replace(/^error parsing regexp: /, '');
    throw new BadTarget(
      `The regular expression ${quoted(pattern)} cannot be used: ${detail}. Lookaround, backreferences and possessive quantifiers are not supported; write it without them.`,
      problem,
    );
  }
}

/**
 * The few places where the same thing is written differently: `\Z` (end of text), `{,n}`, `\uXXXX`, and
 * `\d \w \s`, which Python means in Unicode.
 */
export function fromPython(pattern: string): string {
  let inSet = false;
  return pattern.replace(/\\u([0-9a-fA-F]{4})|\\[\s\S]|\{,(\d+)\}|[[\]]/gu, (piece, hex?: string, most?: string) => {
    if (hex !== undefined) return `\\x{${hex}}`;
    if (most !== undefined) return inSet ? piece : `{0,${most}}`;
    if (piece === '[' || piece === ']') {
      inSet = piece === '[';
      return piece;
    }
    if (piece === '\\Z') return '\\z';
    return (inSet ? UNICODE_IN_SET : UNICODE)[piece] ?? piece;
  });
}

const UNICODE_IN_SET: Readonly<Record<string, string>> = { '\\d': '\\p{Nd}', '\\w': '\\p{L}\\p{N}_', '\\s': '\\s\\v\\x{85}\\x{A0}' };
const UNICODE: Readonly<Record<string, string>> = {
  '\\d': '\\p{Nd}',
  '\\D': '\\P{Nd}',
  '\\w': '[\\p{L}\\p{N}_]',
  '\\W': '[^\\p{L}\\p{N}_]',
  '\\s': '[\\s\\v\\x{85}\\x{A0}]',
  '\\S': '[^\\s\\v\\x{85}\\x{A0}]',
};
