import { CommandFailed, type Returnable } from '../../define.ts';

/** Flags of Python's `re`, by name and by number. */
const FLAGS: Readonly<Record<string, number>> = {
  NOFLAG: 0,
  I: 2,
  IGNORECASE: 2,
  L: 4,
  LOCALE: 4,
  M: 8,
  MULTILINE: 8,
  S: 16,
  DOTALL: 16,
  U: 32,
  UNICODE: 32,
  X: 64,
  VERBOSE: 64,
  A: 256,
  ASCII: 256,
};
export const MULTILINE = 8;
export const DOTALL = 16;
const IGNORECASE = 2;
const VERBOSE = 64;

/** A number, a name or a list of names as one number. */
export const flagsOf = (flags: Returnable): number => {
  if (typeof flags === 'number') return flags;
  const names = Array.isArray(flags) ? flags : [flags];
  return names.reduce<number>((all, name) => {
    const flag = FLAGS[String(name).toUpperCase()];
    if (!flag) throw new CommandFailed(`Invalid re flag given: ${name}`);
    return all | flag;
  }, 0);
};

const SPACE = ' \\t\\n\\r\\f\\v';
/** Escapes that mean something else, or nothing, in JavaScript. */
const ESCAPES: Readonly<Record<string, string>> = { A: '(?<![\\s\\S])', Z: '(?![\\s\\S])', a: '\\x07', s: `[${SPACE}]`, S: `[^${SPACE}]` };
const INLINE: Readonly<Record<string, number>> = { i: 2, m: 8, s: 16, x: 64, a: 0, u: 0, L: 0 };

/**
 * A Python expression as a JavaScript one that finds the same. Not carried over: scoped flags `(?i:...)`,
 * conditionals, atomic groups and possessive repeats, which are refused; `\w` beyond ASCII.
 */
export const pythonExpression = (pattern: string, flags = 0, sticky = ''): RegExp => {
  let source = pattern;
  let all = flags;
  const inline = /^\(\?([aiLmsux]+)\)/.exec(source);
  if (inline !== null) {
    source = source.slice(inline[0].length);
    for (const letter of inline[1] ?? '') all |= INLINE[letter] ?? 0;
  }
  try {
    return new RegExp(translated(source, all), `g${all & IGNORECASE ? 'i' : ''}${sticky}`);
  } catch (failure) {
    throw new CommandFailed(
      `Invalid or unsupported regular expression '${pattern}': ${failure instanceof Error ? failure.message : failure}`,
    );
  }
};

const translated = (source: string, flags: number): string => {
  let made = '';
  for (let at = 0; at < source.length; ) {
    const [text, length] = nextPiece(source.slice(at), flags);
    made += text;
    at += length;
  }
  return made;
};

/** The JavaScript text for the first piece of a Python expression, and how long that piece is. */
const nextPiece = (rest: string, flags: number): readonly [string, number] => {
  const char = rest.charAt(0);
  if (char === '\\') return [ESCAPES[rest.charAt(1)] ?? rest.slice(0, 2), 2];
  if (char === '[') return classPiece(rest);
  if (char === '.') return [flags & DOTALL ? '[\\s\\S]' : '[^\\n]', 1];
  if (char === '^') return [flags & MULTILINE ? '(?<![^\\n])' : '(?<![\\s\\S])', 1];
  if (char === '$') return [flags & MULTILINE ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))', 1];
  if (char === '(') return groupPiece(rest);
  const upTo = /^\{,(\d+)\}/.exec(rest);
  if (upTo !== null) return [`{0,${upTo[1]}}`, upTo[0].length];
  if (flags & VERBOSE && /\s/.test(char)) return ['', 1];
  if (flags & VERBOSE && char === '#') return ['', /^[^\n]*/.exec(rest)?.[0].length ?? 1];
  return [char, 1];
};

const groupPiece = (rest: string): readonly [string, number] => {
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment !== null) return ['', comment[0].length];
  const named = /^\(\?P<(\w+)>/.exec(rest);
  if (named !== null) return [`(?<${named[1]}>`, named[0].length];
  const back = /^\(\?P=(\w+)\)/.exec(rest);
  return back === null ? ['(', 1] : [`\\k<${back[1]}>`, back[0].length];
};

/** A set: a bracket right after the opening one is a member, and blanks are those of Python. */
const classPiece = (rest: string): readonly [string, number] => {
  const [text] = /^\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]/.exec(rest) ?? [];
  if (text === undefined) throw new SyntaxError('unterminated character set');
  const [, start = '', first = '', body = ''] = /^(\[\^?)(\]?)([\s\S]*)\]$/.exec(text) ?? [];
  const members = body.replace(/\\s/g, SPACE).replace(/(^|[^\\])\[/g, '$1\\[');
  return [`${start}${first === '' ? '' : '\\]'}${members}]`, text.length];
};

const REPLACED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', f: '\f', v: '\v', b: '\b', '\\': '\\' };

/** What a Python replacement text (`\1`, `\g<name>`, `\n`) makes of a match. */
export const replacer =
  (template: string) =>
  (...found: unknown[]): string => {
    const groups = typeof found.at(-1) === 'object' ? (found.at(-1) as Record<string, string | undefined>) : {};
    return template.replace(
      /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
      (whole, name: string | undefined, index: string | undefined, other: string | undefined) => {
        const key = name ?? index;
        if (key === undefined) return REPLACED[other ?? ''] ?? whole;
        const value = /^\d+$/.test(key) ? found[Number(key)] : groups[key];
        return typeof value === 'string' ? value : '';
      },
    );
  };

/** Replaces up to `count` matches (0: all). Returns the text and the number of replacements. */
export const substitute = (
  text: string,
  expression: RegExp,
  replace: (...found: unknown[]) => string,
  count: number,
): readonly [string, number] => {
  let done = 0;
  const made = text.replace(expression, (...found: unknown[]) => {
    if (count > 0 && done >= count) return String(found[0]);
    done += 1;
    return replace(...found);
  });
  return [made, done];
};

export const escapeExpression = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/\-#&~\s]/g, '\\$&');
