import type { Outputter } from './outputter.ts';
import { repr, str } from './python.ts';
import { entriesOf, kindOf, sortedKeys } from './values.ts';
import { escapeOf, isMultiline, readsAsText, type ScalarStyle, styleOf } from './yaml-scalar.ts';

/** YAML as PyYAML's safe dump writes it with Salt's settings: block style, sorted keys, lines folded at 80. */
export const yaml: Outputter = (data, options) => {
  const indent = typeof options.indent === 'number' ? options.indent : 2;
  const emitter = new Emitter(indent < 2 || indent > 9 ? 2 : indent, indent < 0);
  emitter.node(data, { key: false, mapping: false });
  return emitter.text;
};

const WIDTH = 80;
/** A longer key, in bytes, is written behind a question mark. */
const LONGEST_SIMPLE_KEY = 128;

interface Place {
  readonly key: boolean;
  /** Directly inside a mapping: a sequence here is not indented further. */
  readonly mapping: boolean;
}

class Emitter {
  text = '';
  readonly #step: number;
  readonly #flowStyle: boolean;
  #indent = -1;
  #flow = 0;
  #column = 0;
  /** The last character written was a blank or nothing. */
  #whitespace = true;
  /** Only indentation and indicators so far on this line. */
  #indention = true;

  constructor(step: number, flowStyle: boolean) {
    this.#step = step;
    this.#flowStyle = flowStyle;
  }

  node(value: unknown, place: Place): void {
    switch (kindOf(value)) {
      case 'list':
        this.#sequence(value as unknown[], place);
        return;
      case 'map':
        this.#mapping(pairs(value));
        return;
      case 'bytes':
        this.#binary(value as Uint8Array);
        return;
      default:
        this.#scalar(scalarText(value), kindOf(value) !== 'text' || readsAsText(String(value)), place.key);
    }
  }

  #put(text: string): void {
    this.text += text;
    this.#column += [...text].length;
  }

  #break(): void {
    this.text += '\n';
    this.#column = 0;
  }

  #writeIndent(): void {
    const indent = Math.max(this.#indent, 0);
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) this.#break();
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column));
    this.#whitespace = true;
    this.#indention = true;
  }

  #indicator(sign: string, needsBlank: boolean, isBlank = false, isIndention = false): void {
    if (needsBlank && !this.#whitespace) this.#put(' ');
    this.#put(sign);
    this.#whitespace = isBlank;
    this.#indention = this.#indention && isIndention;
  }

  #nested(flow: boolean, indentless: boolean, body: () => void): void {
    const outer = this.#indent;
    if (this.#indent < 0) this.#indent = flow ? this.#step : 0;
    else if (!indentless) this.#indent += this.#step;
    body();
    this.#indent = outer;
  }

  #sequence(items: readonly unknown[], place: Place): void {
    if (this.#flow > 0 || this.#flowStyle || items.length === 0) {
      this.#flowCollection('[', ']', items, (item) => this.node(item, { key: false, mapping: false }));
      return;
    }
    this.#nested(false, place.mapping && !this.#indention, () => {
      for (const item of items) {
        this.#writeIndent();
        this.#indicator('-', true, false, true);
        this.node(item, { key: false, mapping: false });
      }
    });
  }

  #flowCollection<T>(open: string, close: string, items: readonly T[], each: (item: T) => void): void {
    this.#indicator(open, true, true);
    this.#nested(true, false, () => {
      this.#flow++;
      items.forEach((item, index) => {
        if (index > 0) this.#indicator(',', false);
        if (this.#column > WIDTH) this.#writeIndent();
        each(item);
      });
      this.#flow--;
    });
    this.#indicator(close, false);
  }

  #mapping(items: [unknown, unknown][]): void {
    if (this.#flow > 0 || this.#flowStyle || items.length === 0) {
      this.#flowCollection('{', '}', items, ([key, value]) => this.#pair(key, value));
      return;
    }
    this.#nested(false, false, () => {
      for (const [key, value] of items) {
        this.#writeIndent();
        this.#pair(key, value);
      }
    });
  }

  #pair(key: unknown, value: unknown): void {
    if (isSimpleKey(key)) {
      this.node(key, { key: true, mapping: true });
      this.#indicator(':', false);
    } else {
      this.#indicator('?', true, false, this.#flow === 0);
      this.node(key, { key: false, mapping: true });
      if (this.#flow === 0 || this.#column > WIDTH) this.#writeIndent();
      this.#indicator(':', true, false, this.#flow === 0);
    }
    this.node(value, { key: false, mapping: true });
  }

  #binary(bytes: Uint8Array): void {
    this.#indicator('!!binary', true);
    const encoded = Buffer.from(bytes).toString('base64');
    if (encoded === '') {
      this.#nested(true, false, () => this.#quoted('', 'double', false));
      return;
    }
    if (this.#flow > 0) {
      this.#nested(true, false, () => this.#quoted(`${encoded}\n`, 'double', false));
      return;
    }
    this.#indicator('|', true);
    this.#nested(false, false, () => {
      for (const line of encoded.match(/.{1,76}/g) ?? []) {
        this.#break();
        this.#put(' '.repeat(Math.max(this.#indent, this.#step)) + line);
      }
    });
    this.#whitespace = false;
    this.#indention = false;
  }

  #scalar(text: string, implicit: boolean, key: boolean): void {
    const style = styleOf(text, implicit, { flow: this.#flow > 0, simpleKey: key });
    this.#nested(true, false, () => {
      if (style === 'plain') this.#plain(text, !key);
      else this.#quoted(text, style, !key);
    });
  }

  #plain(text: string, mayBreak: boolean): void {
    if (!this.#whitespace && (text !== '' || this.#flow > 0)) this.#put(' ');
    this.#words(text, mayBreak, false);
    this.#whitespace = false;
    this.#indention = false;
  }

  #quoted(text: string, style: ScalarStyle, mayBreak: boolean): void {
    const quote = style === 'single' ? "'" : '"';
    this.#indicator(quote, true);
    if (style === 'single') this.#words(text, mayBreak, true);
    else this.#escapedWords(text, mayBreak);
    this.#indicator(quote, false);
    this.#whitespace = false;
    this.#indention = false;
  }

  /** Plain and single quoted: a lone blank behind column 80 becomes a line end, a line end becomes two. */
  #words(text: string, mayBreak: boolean, quoted: boolean): void {
    let afterSpace = false;
    let afterBreak = false;
    const characters = [...text];
    characters.forEach((character, index) => {
      if (character === ' ') {
        const inside = !quoted || (index > 0 && index < characters.length - 1);
        if (mayBreak && !afterSpace && this.#column > WIDTH && inside && characters[index + 1] !== ' ') this.#writeIndent();
        else this.#put(' ');
        afterSpace = true;
        return;
      }
      if (isMultiline(character)) {
        if (!afterBreak && character === '\n') this.#break();
        if (character === '\n') this.#break();
        else {
          this.text += character;
          this.#column = 0;
        }
        this.#indention = true;
        afterBreak = true;
        return;
      }
      if (afterBreak) this.#writeIndent();
      this.#put(quoted && character === "'" ? "''" : character);
      this.#indention = false;
      afterSpace = false;
      afterBreak = false;
    });
    if (afterBreak) this.#writeIndent();
  }

  #escapedWords(text: string, mayBreak: boolean): void {
    let afterSpace = false;
    const characters = [...text];
    characters.forEach((character, index) => {
      const escaped = escapeOf(character);
      if (escaped === undefined && character === ' ') {
        const inside = index > 0 && index < characters.length - 1;
        if (mayBreak && !afterSpace && this.#column > WIDTH && inside) {
          this.#writeIndent();
          if (characters[index + 1] === ' ') this.#put('\\');
        } else this.#put(' ');
        afterSpace = true;
        return;
      }
      this.#put(escaped ?? character);
      afterSpace = false;
    });
  }
}

function pairs(value: unknown): [unknown, unknown][] {
  const items = new Map(entriesOf(value));
  const keys = sortedKeys([...items.keys()]) ?? [...items.keys()];
  return keys.map((key) => [key, items.get(key)]);
}

function isSimpleKey(key: unknown): boolean {
  switch (kindOf(key)) {
    case 'list':
      return (key as unknown[]).length === 0;
    case 'map':
      return entriesOf(key).length === 0;
    case 'bytes':
      return false;
    default: {
      const text = scalarText(key);
      return !isMultiline(text) && Buffer.byteLength(text) <= LONGEST_SIMPLE_KEY;
    }
  }
}

function scalarText(value: unknown): string {
  switch (kindOf(value)) {
    case 'none':
      return 'null';
    case 'bool':
      return String(value);
    case 'float':
      return float(repr(value));
    case 'other':
      return 'NULL';
    default:
      return str(value);
  }
}

/** YAML wants a point before the exponent. */
function float(text: string): string {
  if (text === 'nan') return '.nan';
  if (text.endsWith('inf')) return text.replace('inf', '.inf');
  return text.includes('.') ? text : text.replace('e', '.0e');
}
