/** A value of an option, or a section of options. */
export type Item = string | Section;

/** Options in their order; comments and lines that are neither are kept under names that begin with `#`. */
export class Section {
  readonly name: string;
  readonly items = new Map<string, Item>();
  readonly #style: Style;

  constructor(name: string, style: Style) {
    this.name = name;
    this.#style = style;
  }

  /** Takes lines as they stand in a file. */
  read(text: string): void {
    const content = text.replace(/^\n+|\n+$/g, '');
    if (content === '') return;
    let [comments, unknown, depth] = [1, 1, ''];
    for (const line of content.split('\n')) {
      if (isComment(line)) {
        this.items.set(`#comment${comments++}`, line);
        continue;
      }
      const indent = /^\s+/.exec(line)?.[0].replaceAll('\t', '    ');
      const last = [...this.items.keys()].at(-1);
      if (indent !== undefined && indent > depth && last !== undefined) {
        // A line further to the right goes on with the value above it.
        this.items.set(last, `${this.items.get(last)}\n${line}`);
        continue;
      }
      const found = this.#option(line);
      if (found === undefined) this.items.set(`#unknown${unknown++}`, line);
      else {
        depth = found.indent.replaceAll('\t', '    ');
        this.update(new Map([[found.name, found.value]]));
      }
    }
  }

  /** Writes over options and sections, and returns what changed: `before` and `after` by name. */
  update(given: ReadonlyMap<string, Wanted>): Map<string, Change> {
    const changes = new Map<string, Change>();
    for (const [name, wanted] of given) {
      const now = this.items.get(name);
      const value = typeof wanted === 'string' ? wanted : this.#sectionOf(name, wanted);
      if (now instanceof Section) {
        if (typeof wanted === 'string') throw new TypeError(`'${name}' is a section and cannot be set to a value`);
        const below = now.update(wanted);
        if (below.size > 0) changes.set(name, below);
      } else if (now !== value) {
        changes.set(name, { before: now ?? null, after: plainOf(value) });
        if (now === undefined && typeof value === 'string') this.#uncomment(name, value);
        else this.items.set(name, value);
      }
    }
    return changes;
  }

  /** The lines of the file, sections behind options. */
  *lines(): Generator<string> {
    const separator = this.#written();
    for (const [name, item] of this.items) {
      if (item instanceof Section) continue;
      yield isComment(name) ? item : `${name}${separator}${item}`;
    }
    for (const item of this.items.values()) {
      if (!(item instanceof Section)) continue;
      yield '';
      yield `[${item.name}]`;
      yield* item.lines();
    }
  }

  /** Options and sections as plain maps. */
  plain({ comments = false } = {}): Plain {
    const shown = [...this.items].filter(([name]) => comments || !name.startsWith('#'));
    return Object.fromEntries(shown.map(([name, item]) => [name, item instanceof Section ? item.plain({ comments }) : item]));
  }

  #sectionOf(name: string, wanted: ReadonlyMap<string, Wanted>): Section {
    const section = new Section(name, this.#style);
    section.update(wanted);
    return section;
  }

  #option(line: string): { readonly indent: string; readonly name: string; readonly value: string } | undefined {
    const [, indent = '', name, , value = ''] = this.#style.option.exec(line) ?? [];
    return name === undefined ? undefined : { indent, name, value };
  }

  /** A new option takes the place of the first comment that holds it, as Salt has it. */
  #uncomment(name: string, value: string): void {
    const holds = ([key, item]: [string, Item]): boolean =>
      key.includes('#comment') && typeof item === 'string' && this.#option(item.replace(/^#+/, ''))?.name === name;
    const all = [...this.items];
    const at = all.findIndex(holds);
    if (at === -1) {
      this.items.set(name, value);
      return;
    }
    this.items.clear();
    for (const [index, [key, item]] of all.entries()) this.items.set(index === at ? name : key, index === at ? value : item);
  }

  #written(): string {
    const { separator, spaced } = this.#style;
    if (/^ *$/.test(separator)) return ' ';
    return spaced ? ` ${separator.trim()} ` : separator.trim();
  }
}

/** How a file is written. */
export interface Style {
  readonly separator: string;
  readonly spaced: boolean;
  readonly option: RegExp;
}
export type Wanted = string | ReadonlyMap<string, Wanted>;
export type Change = { readonly before: string | null; readonly after: string | Plain } | Map<string, Change>;
export interface Plain {
  readonly [name: string]: string | Plain;
}

const plainOf = (value: Item): string | Plain => (typeof value === 'string' ? value : value.plain());
const isComment = (line: string): boolean => /^\s*[#;]/.test(line);

/** The separator is one sign, such as `=`, `:` or a space. */
export const styleOf = (separator: string, spaced: boolean): Style => ({
  separator,
  spaced,
  option: new RegExp(`^(\\s*)(.+?)\\s*(${separator.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')})\\s*(.*)\\s*`),
});

/** Reads a whole file. */
export const parse = (text: string, style: Style): Section => {
  const document = new Section('', style);
  const [head = '', ...rest] = text
    .split(/\r\n|[\n\r\v\f]/)
    .join('\n')
    .split(/^\s*\[(.+?)\]\s*$/m);
  document.read(head);
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const name = rest[at] ?? '';
    const again = document.items.get(name);
    const section = new Section(name, style);
    section.read(rest[at + 1] ?? '');
    // A section that comes twice is one.
    if (again instanceof Section) again.update(wantedOf(section));
    else document.items.set(name, section);
  }
  return document;
};

const wantedOf = (section: Section): Map<string, Wanted> =>
  new Map([...section.items].map(([name, item]) => [name, item instanceof Section ? wantedOf(item) : item]));
