import { boolOf, type Source } from './source.ts';

interface Read {
  readonly header: string[];
  readonly fields: Map<string, string>;
  readonly footer: string[];
}

/** Fields, and the comments before and among them. Lines without a field belong to the one above. */
const read = (text: string): Read => {
  const [header, footer]: [string[], string[]] = [[], []];
  const fields = new Map<string, string>();
  let field: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      (field === undefined ? header : footer).push(line);
      continue;
    }
    const [, name, value = ''] = /^(\S+):\s*(\S.*|)/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, value);
    else if (field !== undefined) fields.set(field, `${fields.get(field)}\n${line}`);
    field = name ?? field;
  }
  return { header, fields: new Map([...fields].map(([name, value]) => [name, value.trim()])), footer };
};

const words = (value: string | undefined): string[] => (value ?? '').split(/\s+/).filter((word) => word !== '');

/** A paragraph of a .sources file (deb822). */
export class StanzaSource implements Source {
  file: string;
  #header: readonly string[];
  readonly #fields: Map<string, string>;
  readonly #footer: readonly string[];

  constructor(text: string, file: string) {
    this.file = file;
    const { header, fields, footer } = read(text);
    this.#header = header;
    this.#fields = fields;
    this.#footer = footer;
  }

  /** A field's name as it is written here: apt does not mind its case. */
  #named(name: string): string {
    return [...this.#fields.keys()].find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
  }
  #get(name: string): string | undefined {
    return this.#fields.get(this.#named(name));
  }
  #set(name: string, value: string | undefined): void {
    if (value === undefined) this.#fields.delete(this.#named(name));
    else this.#fields.set(this.#named(name), value);
  }

  get invalid(): boolean {
    return this.#fields.size === 0;
  }
  get types(): readonly string[] {
    return words(this.#get('Types'));
  }
  set types(types: readonly string[]) {
    this.#set('Types', types.join(' '));
  }
  get uris(): readonly string[] {
    return words(this.#get('URIs'));
  }
  set uris(uris: readonly string[]) {
    this.#set('URIs', uris.join(' '));
  }
  get suites(): readonly string[] {
    return words(this.#get('Suites'));
  }
  set suites(suites: readonly string[]) {
    this.#set('Suites', suites.join(' '));
  }
  get comps(): readonly string[] {
    return words(this.#get('Components'));
  }
  set comps(comps: readonly string[]) {
    this.#set('Components', comps.join(' '));
  }
  get architectures(): readonly string[] {
    return words(this.#get('Architectures'));
  }
  set architectures(architectures: readonly string[]) {
    this.#set('Architectures', architectures.join(' '));
  }
  get signedby(): string | null {
    return this.#get('Signed-By') ?? null;
  }
  set signedby(place: string | null) {
    this.#set('Signed-By', place ?? undefined);
  }
  get trusted(): boolean | null {
    return boolOf(this.#get('Trusted')) ?? null;
  }
  set trusted(trusted: boolean | null) {
    this.#set('Trusted', trusted === null ? undefined : trusted ? 'yes' : 'no');
  }
  get disabled(): boolean {
    return boolOf(this.#get('Enabled') ?? 'yes') === false;
  }
  set disabled(disabled: boolean) {
    this.#set('Enabled', disabled ? 'no' : undefined);
  }
  get comment(): string {
    return this.#header.join('\n');
  }
  set comment(comment: string) {
    const lines = comment.split('\n');
    this.#header = lines.every((line) => line.startsWith('#')) ? lines : lines.map((line) => `#${line}`);
  }

  toString(): string {
    const fields = [...this.#fields].filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`);
    return [...this.#header, ...fields, ...this.#footer].join('\n').trim();
  }
}
