import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Returnable } from '../../../define.ts';

/** A directive's value: true for one without, a list of lines for a script. */
export type Block = Record<string, Returnable>;

/** What a configuration says: directives, blocks by log file, and which included file holds which of them. */
export interface Config {
  readonly entries: Block;
  readonly include?: string;
  readonly included: Readonly<Record<string, readonly string[]>>;
}

export const SCRIPTS = ['firstaction', 'lastaction', 'prerotate', 'postrotate', 'preremove'];
const isLogFile = (word: string): boolean => /^[/~"']/.test(word) || /[*?[]/.test(word);

/** Reads logrotate.conf(5), and what it includes. Throws CommandFailed when a file cannot be read. */
export async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((failure: NodeJS.ErrnoException) => {
    throw new CommandFailed(`logrotate: ${path} cannot be read: ${failure.code ?? failure.message}`);
  });
  const { entries, includes } = parse(text);
  const included: Record<string, readonly string[]> = {};
  for (const folder of includes) {
    for (const name of await readdir(folder)) {
      const inner = await readConfig(join(folder, name));
      Object.assign(entries, asResult(inner));
      included[name] = [...(included[name] ?? []), ...Object.keys(asResult(inner))];
    }
  }
  const include = includes.at(-1);
  return include === undefined ? { entries, included } : { entries, include, included };
}

/** As `logrotate.show_conf` returns it. */
export const asResult = ({ entries, include, included }: Config): Block =>
  include === undefined ? entries : { ...entries, include, 'include files': included };

function parse(text: string): { entries: Block; includes: string[] } {
  const entries: Block = {};
  const includes: string[] = [];
  // Log files that stand alone on their lines wait for the block that they belong to.
  let names: string[] = [];
  let block: Block | undefined;
  const lines = text.split('\n').map((line) => line.trim());
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [word = '', ...values] = line.split(/\s+/);
    if (line === '' || line.startsWith('#')) continue;
    if (line.includes('{') && !line.includes('}')) {
      names.push(...[word, ...values].filter((part) => part !== '{'));
      block = {};
    } else if (line.includes('}')) {
      for (const name of names) entries[name] = block ?? {};
      [names, block] = [[], undefined];
    } else if (block === undefined && values.length === 0 && isLogFile(word)) names.push(word);
    else if (SCRIPTS.includes(word) && values.length === 0) {
      const end = lines.indexOf('endscript', at);
      (block ?? entries)[word] = lines.slice(at + 1, end < 0 ? lines.length : end);
      at = end < 0 ? lines.length : end;
    } else {
      if (word === 'include' && values[0] !== undefined) includes.push(values[0]);
      (block ?? entries)[word] = valueOfWords(values);
    }
  }
  for (const name of names) entries[name] = true;
  return { entries, includes };
}

const valueOfWords = (words: readonly string[]): Returnable => {
  const [word = ''] = words;
  if (words.length === 0) return true;
  return words.length === 1 && /^[+-]?\d+$/.test(word) ? Number(word) : words.join(' ');
};

/** A block as it is written. */
export function renderBlock(name: string, block: Block): string {
  const lines = Object.entries(block).flatMap(([key, value]) =>
    SCRIPTS.includes(key) && Array.isArray(value)
      ? [`    ${key}`, ...value.map((line) => `        ${String(line)}`), '    endscript']
      : [`    ${key} ${value === true ? '' : String(value)}`],
  );
  return `${name} {\n${lines.map((line) => `${line}\n`).join('')}}`;
}
