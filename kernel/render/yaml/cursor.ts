import { type Mark, YamlError } from './errors.ts';

/** The characters of a document, one by one, with the place. `''` is the end. */
export class Cursor {
  readonly text: string;
  at = 0;
  line = 0;
  #lineStart = 0;

  /** @throws YamlError for characters that YAML forbids */
  constructor(text: string) {
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
    const bad = FORBIDDEN.exec(this.text);
    if (bad === null) return;
    const code = (bad[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    throw new YamlError(
      'ReaderError',
      `unacceptable character #x${code}: control characters are not allowed\n  in "<unicode string>", position ${bad.index}`,
    );
  }

  get column(): number {
    return this.at - this.#lineStart;
  }

  mark(): Mark {
    return { line: this.line, column: this.column };
  }

  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? '';
  }

  skip(count = 1): void {
    this.at += count;
  }

  /** The rest of the run of characters for which `belongs` holds. */
  take(belongs: (character: string) => boolean): string {
    const from = this.at;
    while (this.at < this.text.length && belongs(this.text[this.at] ?? '')) this.at++;
    return this.text.slice(from, this.at);
  }

  /** Passes a line break, which is answered as it counts: `\n`, or the separator itself. */
  breakLine(): string {
    const character = this.peek();
    this.at += character === '\r' && this.peek(1) === '\n' ? 2 : 1;
    this.line++;
    this.#lineStart = this.at;
    return character === '\u2028' || character === '\u2029' ? character : '\n';
  }

  /** Whether `---` or `...` stands here, alone. */
  atDocumentMark(): boolean {
    if (this.column !== 0) return false;
    const three = this.text.slice(this.at, this.at + 3);
    return (three === '---' || three === '...') && isBlankOrEnd(this.peek(3));
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]/;

export const isBlank = (character: string): boolean => character === ' ' || character === '\t';
export const isBreak = (character: string): boolean =>
  character === '\n' || character === '\r' || character === '\u0085' || character === '\u2028' || character === '\u2029';
export const isBreakOrEnd = (character: string): boolean => character === '' || isBreak(character);
export const isBlankOrEnd = (character: string): boolean => isBlank(character) || isBreakOrEnd(character);
