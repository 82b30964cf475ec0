import { readFileSync } from 'node:fs';
import { toPlain } from '../../kernel/render/python/plain.ts';
import { loadYaml } from '../../kernel/render/yaml/index.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';

/** One line of `reactor:`: a glob of tags, and the SLS files that answer it. */
type Line = Readonly<Record<string, unknown>>;

interface Reacting {
  readonly line: Line;
  readonly tag: string;
  readonly files: readonly string[];
  readonly fits: (tag: string) => boolean;
}

/** Which files react to which tags: the option `reactor`, a list or the name of a YAML file, and what was added since. */
export class ReactorMap {
  readonly #configured: () => unknown;
  readonly #log: Log;
  #read: unknown;
  #lines: readonly Reacting[] = [];

  constructor(configured: () => unknown, log: Log) {
    this.#configured = configured;
    this.#log = log;
  }

  /** Whether there is a reactor at all: Salt starts none without a configuration. */
  get running(): boolean {
    const configured = this.#configured();
    return typeof configured === 'string' ? configured !== '' : Array.isArray(configured) && configured.length > 0;
  }

  filesFor(tag: string): string[] {
    return this.#current().flatMap(({ fits, files }) => (fits(tag) ? files : []));
  }

  /** As it was written. */
  list(): Line[] {
    return this.#current().map(({ line }) => line);
  }

  /** Until the configuration is read again. Says whether the tag was new. */
  add(tag: string, files: readonly string[]): boolean {
    const lines = this.#current();
    if (lines.some((line) => line.tag === tag)) return false;
    this.#lines = [...lines, reacting(tag, files, { [tag]: files })];
    return true;
  }

  /** Says whether there was such a tag. */
  delete(tag: string): boolean {
    const lines = this.#current();
    this.#lines = lines.filter((line) => line.tag !== tag);
    return this.#lines.length < lines.length;
  }

  #current(): readonly Reacting[] {
    const configured = this.#configured();
    if (configured !== this.#read) {
      this.#read = configured;
      const lines = typeof configured === 'string' && configured !== '' ? this.#readFile(configured) : configured;
      this.#lines = Array.isArray(lines) ? lines.flatMap(lineOf) : [];
    }
    return this.#lines;
  }

  #readFile(path: string): unknown {
    try {
      return toPlain(loadYaml(readFileSync(path, 'utf8')));
    } catch (error) {
      this.#log.error(`Failed to read reactor map: "${path}": ${messageOf(error)}`);
      return [];
    }
  }
}

function lineOf(line: unknown): readonly Reacting[] {
  if (!isMessage(line)) return [];
  const [entry, ...more] = Object.entries(line);
  if (entry === undefined || more.length > 0) return [];
  const [tag, files] = entry;
  return [reacting(tag, (Array.isArray(files) ? files : [files]).map(String), line)];
}

const reacting = (tag: string, files: readonly string[], line: Line): Reacting => ({ line, tag, files, fits: globMatcher(tag) });
