import { CallRefused } from '../../../../define.ts';
import { boolOf, type Source } from './source.ts';

export const SOURCES_LIST = '/etc/apt/sources.list';
const TYPES = ['deb', 'deb-src', 'rpm', 'rpm-src'];

interface Parts {
  readonly disabled: boolean;
  readonly comment: string;
  readonly words: readonly string[];
}

/** The words of a line, undefined if it is no entry. A `#` at its start means that it is disabled. */
const partsOf = (line: string): Parts | undefined => {
  const disabled = line.trim().startsWith('#');
  const bare = disabled ? line.trim().slice(1) : line.trim();
  const at = bare.indexOf('#');
  const [text, comment] = at > 0 ? [bare.slice(0, at), bare.slice(at + 1)] : [bare, ''];
  // The name of a disc may hold spaces.
  const [, before = text, disc, after = ''] = /^(.*)(cdrom:.*\/)(.*)/.exec(text.trim()) ?? [];
  const split = (piece: string): string[] => piece.split(/\s+/).filter((word) => word !== '');
  const words = disc === undefined ? split(text) : [...split(before), disc.trim(), ...split(after)];
  if (words.length < 3 || !TYPES.includes(words[0] ?? '')) return undefined;
  if (words[1]?.startsWith('[') && !words.slice(1).some((word) => word.endsWith(']'))) return undefined;
  return { disabled, comment, words };
};

/** The options between brackets: `arch=amd64,i386 signed-by=/x`, by name, in their order. */
const optionsOf = (line: string): Map<string, string> => {
  const [, inside = ''] = /\[(.*?=.*?)\]/.exec(line) ?? [];
  const options = inside
    .split(/\s+/)
    .filter((option) => option.includes('='))
    .map((option) => [option.slice(0, option.indexOf('=')), option.slice(option.indexOf('=') + 1)] as const);
  return new Map(options);
};

/** `deb [arch=amd64] http://deb.debian.org/debian bookworm main`: one line of a .list file. */
export class LineSource implements Source {
  file: string;
  /** What is wrong with a line that begins as an entry does, and is none. */
  readonly problem: string | undefined;
  readonly invalid: boolean;
  disabled = false;
  types: readonly string[] = [''];
  uris: readonly string[] = [''];
  comps: readonly string[] = [];
  architectures: readonly string[] = [];
  signedby: string | null = '';
  trusted: boolean | null = null;
  comment = '';
  #suite = '';
  readonly #line: string;
  readonly #options: Map<string, string>;

  constructor(line: string, file = SOURCES_LIST) {
    this.file = file;
    this.#line = line.trim();
    this.#options = optionsOf(line);
    const parts = partsOf(line);
    this.problem = parts === undefined ? undefined : this.#read(parts);
    this.invalid = parts === undefined || this.problem !== undefined;
  }

  #read({ disabled, comment, words }: Parts): string | undefined {
    const end = words[1]?.startsWith('[') ? words.findIndex((word) => word.endsWith(']')) : 0;
    const [type = '', , uri, suite, ...comps] = [words[0], '', ...words.slice(end + 1)];
    if (uri === undefined || suite === undefined) return `Invalid repository definition: ${[type, uri].join(' ').trim()}`;
    Object.assign(this, { disabled, comment, types: [type], uris: [uri], comps });
    this.#suite = suite;
    this.architectures = this.#options.get('arch')?.split(',') ?? [];
    this.signedby = this.#options.get('signed-by') ?? '';
    this.trusted = boolOf(this.#options.get('trusted')) ?? null;
    return undefined;
  }

  get suites(): readonly string[] {
    return this.#suite === '' ? [] : [this.#suite];
  }
  set suites(suites: readonly string[]) {
    this.#suite = suites[0] ?? '';
  }

  /** The line it was read from. */
  get line(): string {
    return this.#line;
  }

  toString(): string {
    if (this.invalid) return this.#line;
    const options = new Map(this.#options);
    if (this.architectures.length > 0) options.set('arch', this.architectures.join(','));
    if (this.signedby) options.set('signed-by', this.signedby);
    if (this.trusted) options.set('trusted', 'yes');
    if (options.get('trusted') === 'no') options.delete('trusted');
    const written = [...options].map(([name, value]) => `${name}=${value}`);
    const words = [
      ...(this.disabled ? ['#'] : []),
      ...this.types,
      ...(written.length > 0 ? [`[${written.join(' ')}]`] : []),
      ...this.uris,
      this.#suite,
      this.comps.join(' '),
      ...(this.comment === '' ? [] : [`#${this.comment}`]),
    ];
    return words.join(' ').trim();
  }
}

/** A repository as it is asked for. Throws CallRefused if it has too few words. */
export const repoOf = (text: string): LineSource => {
  const repo = new LineSource(text);
  if (repo.problem !== undefined) throw new CallRefused(repo.problem);
  return repo;
};

/** An entry's one-line form, for one of its types, URIs and suites. */
export const lineOf = (source: Source, type: string, uri: string, suite: string): LineSource => {
  const line = new LineSource(`${type} ${uri} ${suite} ${source.comps.join(' ')}`);
  const { disabled, architectures, signedby, trusted } = source;
  return Object.assign(line, { disabled, architectures, signedby: signedby ?? '', trusted });
};
