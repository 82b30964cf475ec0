import { type Palette, palette } from './colors.ts';
import type { Outputter } from './outputter.ts';
import { repr, str } from './python.ts';
import { entriesOf, isMapping, kindOf, lines, sortedKeys, withoutEscapes } from './values.ts';

/** Salt's default format: mappings sorted by key and indented by four, lists with dashes. */
export const nested: Outputter = (data, options, occasion) => {
  const page = new Page(palette(options.color ?? false), (occasion.retcode ?? 0) !== 0, options.state?.stripColors === false);
  page.show(data, occasion.nestedIndent ?? 0, '');
  return page.lines.join('\n');
};

class Page {
  readonly lines: string[] = [];
  readonly #colors: Palette;
  readonly #listColor: string;
  readonly #keyColor: string;

  readonly #raw: boolean;

  /** `raw`: ESC characters of texts are kept, as `strip_colors: False` wants. */
  constructor(colors: Palette, failed: boolean, raw: boolean) {
    this.#raw = raw;
    this.#colors = colors;
    this.#listColor = failed ? colors.RED : colors.GREEN;
    this.#keyColor = failed ? colors.RED : colors.CYAN;
  }

  show(value: unknown, indent: number, prefix: string): void {
    switch (kindOf(value)) {
      case 'none':
      case 'bool':
      case 'int':
      case 'float':
        this.#line(indent, this.#colors.LIGHT_YELLOW, prefix + repr(value));
        return;
      case 'bytes':
        this.#bytes(value as Uint8Array, indent, prefix);
        return;
      case 'text':
        this.#text(value as string, indent, prefix);
        return;
      case 'list':
        this.#list(value as unknown[], indent);
        return;
      case 'map':
        this.#mapping(value, indent, prefix);
        return;
    }
  }

  #line(indent: number, color: string, text: string, suffix = ''): void {
    this.lines.push(`${' '.repeat(indent)}${color}${text}${this.#colors.ENDC}${suffix}`);
  }

  /** Salt prints bytes that are text, and nothing for those that are not. */
  #bytes(bytes: Uint8Array, indent: number, prefix: string): void {
    try {
      this.#text(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), indent, prefix);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  #text(text: string, indent: number, prefix: string): void {
    let lead = prefix;
    for (const line of lines(text)) {
      this.#line(indent, this.#colors.GREEN, lead + (this.#raw ? line : withoutEscapes(line)));
      lead = ' '.repeat(prefix.length);
    }
  }

  #list(items: readonly unknown[], indent: number): void {
    for (const item of items) {
      if (!Array.isArray(item) && !isMapping(item)) {
        this.show(item, indent, '- ');
        continue;
      }
      this.#line(indent, this.#listColor, '|_');
      this.show(item, indent + 2, isMapping(item) ? '' : '- ');
    }
  }

  #mapping(mapping: unknown, indent: number, prefix: string): void {
    if (indent > 0) this.#line(indent, this.#keyColor, '----------');
    for (const [key, value] of inOrder(entriesOf(mapping))) {
      this.#line(indent, this.#keyColor, prefix + str(key), ':');
      this.show(value, indent + 4, '');
    }
  }
}

/** Sorted by key; keys of several kinds are compared by their text. */
function inOrder(entries: [unknown, unknown][]): [unknown, unknown][] {
  const values = new Map(entries);
  const keys = sortedKeys([...values.keys()]);
  if (keys !== undefined) return keys.map((key) => [key, values.get(key)]);
  const byText = new Map(entries.map(([key, value]) => [str(key), value]));
  return (sortedKeys([...byText.keys()]) ?? []).map((key) => [key, byText.get(String(key))]);
}
