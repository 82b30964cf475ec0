import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ctx } from '../../../../define.ts';
import { LineSource, SOURCES_LIST } from './line.ts';
import type { Source } from './source.ts';
import { StanzaSource } from './stanza.ts';

const PARTS = '/etc/apt/sources.list.d';

const isStanzas = (file: string): boolean => file.endsWith('.sources');

/** An entry of a text in the form of its file. */
export const sourceOf = (text: string, file: string): Source =>
  isStanzas(file) ? new StanzaSource(text, file) : new LineSource(text, file);

/** Every entry of apt's sources. Only files whose entries change are written. */
export class SourceList {
  #entries: Source[];
  readonly #written: ReadonlyMap<string, string>;

  private constructor(entries: Source[]) {
    this.#entries = entries;
    this.#written = textsOf(entries);
  }

  /** Reads the files apt reads. What cannot be read is told in the log, and kept. */
  static async read(ctx: Ctx): Promise<SourceList> {
    const parts = (await readdir(PARTS).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name)).sort();
    const entries: Source[] = [];
    for (const file of [SOURCES_LIST, ...parts.map((name) => join(PARTS, name))]) entries.push(...(await readSources(ctx, file)));
    return new SourceList(entries);
  }

  get valid(): readonly Source[] {
    return this.#entries.filter(({ invalid }) => !invalid);
  }

  add(source: Source): void {
    this.#entries.push(source);
  }
  remove(source: Source): void {
    this.#entries = this.#entries.filter((entry) => entry !== source);
  }
  exchange(source: Source, other: Source): void {
    this.#entries = this.#entries.map((entry) => (entry === source ? other : entry));
  }
  replace(entries: readonly Source[]): void {
    this.#entries = [...entries];
  }

  /** Writes the files whose entries changed; one in the parts directory that has none left goes. Returns those that went. */
  async save(): Promise<readonly string[]> {
    const now = textsOf(this.#entries);
    const gone: string[] = [];
    for (const file of new Set([...this.#written.keys(), ...now.keys()])) {
      const text = now.get(file);
      if (text === this.#written.get(file)) continue;
      if (text !== undefined || !file.startsWith(`${PARTS}/`)) await writeFile(file, text ?? '');
      else {
        await rm(file, { force: true });
        gone.push(file);
      }
    }
    return gone;
  }
}

const textsOf = (entries: readonly Source[]): Map<string, string> => {
  const texts = new Map<string, string>();
  for (const entry of entries) {
    const before = texts.get(entry.file);
    texts.set(entry.file, `${before === undefined ? '' : isStanzas(entry.file) ? `${before}\n` : before}${entry}\n`);
  }
  return texts;
};

const readSources = async (ctx: Ctx, file: string): Promise<Source[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '') return [];
  const pieces = isStanzas(file) ? text.split(/\n\s*\n/).filter((piece) => piece.trim() !== '') : text.replace(/\n$/, '').split('\n');
  const sources = pieces.map((piece) => sourceOf(piece, file));
  for (const source of sources)
    if (source instanceof LineSource && source.problem !== undefined)
      ctx.log.error(`Could not parse source file '${file}': ${source.problem}`);
  return sources;
};
