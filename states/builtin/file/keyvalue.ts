import { readFile, writeFile } from 'node:fs/promises';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { typeName } from '../../../kernel/render/python/value.ts';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { linesOf } from '../../../modules/exec/file/diff.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type Outcome, state, type Verdict } from '../../define.ts';
import { NAME, pathOf, SHOW_CHANGES } from './common.ts';

const ARGS = {
  name: NAME,
  key: { type: 'any', doc: 'the key' },
  value: { type: 'any', doc: 'its value' },
  key_values: { type: 'any', doc: 'several keys with their values' },
  separator: { type: 'string', default: '=', doc: 'what stands between them' },
  append_if_not_found: { type: 'boolean', default: false, doc: 'put it at the end where the key is not there' },
  prepend_if_not_found: { type: 'boolean', default: false, doc: 'put it at the start where the key is not there' },
  search_only: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
  show_changes: SHOW_CHANGES,
  ignore_if_missing: { type: 'boolean', default: false, doc: 'no file is no failure' },
  count: { type: 'number', default: 1, doc: 'how often a key may stand there; -1 for ever' },
  uncomment: { type: 'string', doc: 'characters at the start of a line that are taken away from it' },
  key_ignore_case: { type: 'boolean', default: false, doc: 'keys are alike in any case' },
  value_ignore_case: { type: 'boolean', default: false, doc: 'values are alike in any case' },
  create_if_missing: { type: 'boolean', default: false, doc: 'make the file if it is not there' },
  prune: { type: 'boolean', default: false, doc: 'remove the lines of other keys' },
} as const;
type Given = ArgsOf<typeof ARGS>;

export const keyvalue = state({
  doc: 'Lines of key and value in a file.',
  args: ARGS,
  check: async (ctx, args) => await check(ctx.testing, args),
});

async function check(testing: boolean, args: Given): Promise<Verdict> {
  const found = await pathOf(args.name, 'keyvalue');
  if ('refused' in found) return found.refused;
  const wanted = pairsOf(args);
  if (typeof wanted === 'string') return failed(wanted);
  const text = await readFile(found.path, 'utf8').catch(() => undefined);
  if (text === undefined && !args.create_if_missing)
    return { result: args.ignore_if_missing, comment: `unable to open ${found.path}`, changes: {} };
  const edit = new Edit(wanted, args);
  for (const line of linesOf(text ?? '')) edit.line(line);
  if (args.append_if_not_found || text === undefined) edit.append();
  else if (args.prepend_if_not_found) edit.prepend();
  edit.finish();
  if (edit.changes === 0 && edit.pruned.length === 0) return inOrder('');
  if (testing) return foretold(found.path, edit, args.show_changes);
  const apply = async (): Promise<Outcome> => {
    try {
      await writeFile(found.path, edit.content.join(''));
    } catch {
      return failed(`${found.path} not writable`, args.show_changes ? { diff: edit.diff.join('') } : {});
    }
    const comment = `Changed ${edit.changes}, deleted ${edit.pruned.length} lines`;
    return inOrder(comment, args.show_changes ? { diff: edit.diff.join('') } : {});
  };
  return { predicted: { comment: '', changes: {} }, apply };
}

function foretold(path: string, { changes, pruned, diff }: Edit, show: boolean): Outcome {
  const comment = `File ${path} is set to be changed (${changes} lines modified, ${pruned.length} deleted)`;
  if (!show) return { result: null, comment, changes: {} };
  return { result: null, comment: `${comment}\nPredicted diff:\n\r\t\t${diff.join('\r\t\t')}`, changes: { diff: diff.join('') } };
}

function pairsOf({ key, value, key_values }: Given): ReadonlyMap<string, Returnable> | string {
  const isTable = typeof key_values === 'object' && key_values !== null && !Array.isArray(key_values);
  if (key !== undefined && value !== undefined) {
    if (isTable) return 'file.keyvalue can not combine key_values with key and value';
    return new Map([[textOf(key), value]]);
  }
  const pairs = isTable ? Object.entries(key_values as Readonly<Record<string, Returnable>>) : [];
  if (pairs.length > 0) return new Map(pairs);
  const empty = !key_values || isTable || (Array.isArray(key_values) && key_values.length === 0);
  return `file.keyvalue key and value not supplied and key_values ${empty ? 'is empty' : 'is not a dictionary'}`;
}

/** The edit of a file, line by line: its new content and the difference as Salt writes it. */
class Edit {
  readonly content: string[] = [];
  readonly diff: string[] = [];
  readonly pruned: string[] = [];
  changes = 0;
  readonly #wanted: ReadonlyMap<string, Returnable>;
  readonly #args: Given;
  readonly #left: Map<string, number>;

  constructor(wanted: ReadonlyMap<string, Returnable>, args: Given) {
    this.#wanted = wanted;
    this.#args = args;
    this.#left = new Map([...wanted.keys()].map((key) => [key, args.count]));
  }

  line(written: string): void {
    const { uncomment, separator, key_ignore_case, prune } = this.#args;
    const bare = stripped(written, uncomment);
    const wasComment = bare.length < written.length;
    const seen = key_ignore_case ? bare.toLowerCase() : bare;
    if (prune && ![...this.#wanted.keys()].some((key) => seen.startsWith(this.#folded(key)))) {
      this.pruned.push(written);
      return;
    }
    const working = wasComment ? bare : written;
    const at = working.indexOf(separator);
    let line = written;
    if (at >= 0) {
      const [key, value] = [working.slice(0, at), working.slice(at + separator.length)];
      for (const [name, wanted] of this.#wanted)
        if (this.#folded(key) === this.#folded(name)) line = this.#settle({ line, key, value, wasComment }, name, wanted);
    }
    this.content.push(line);
  }

  #settle(
    { line, key, value, wasComment }: { line: string; key: string; value: string; wasComment: boolean },
    name: string,
    wanted: Returnable,
  ): string {
    const fold = (text: string): string => (this.#args.value_ignore_case ? text.toLowerCase() : text);
    const left = this.#left.get(name) ?? 0;
    let alike = fold(value.trim()) === fold(textOf(wanted).trim());
    let change = !wasComment && left === 0;
    if (wasComment && left > 0) change = true;
    else if (wasComment && !alike) alike = true;
    let result = line;
    if (!alike || change) {
      this.diff.push(`- ${line}`);
      result = '';
      if (left !== 0) {
        result = `${key}${this.#args.separator}${textOf(wanted)}\n`;
        const type = typeName(fromPlain(wanted));
        this.diff.push(typeof wanted === 'string' ? `+ ${result}` : `+ ${result.trimEnd()} (from ${type} type)\n`);
      }
      this.changes += 1;
    }
    if (left > 0) this.#left.set(name, left - 1);
    return result;
  }

  append(): void {
    const added = this.#missing();
    if (added.length === 0) return;
    this.content.push(...added);
    this.diff.push('- <EOF>\n', ...added.map((line) => `+ ${line}`), '+ <EOF>\n');
  }

  prepend(): void {
    const added = this.#missing();
    if (added.length === 0) return;
    this.content.unshift(...[...added].reverse());
    this.diff.unshift('  <SOF>\n', ...[...added].reverse().map((line) => `+ ${line}`));
  }

  finish(): void {
    for (const line of this.pruned) this.diff.splice(1, 0, `- ${line}`);
  }

  #missing(): string[] {
    const missing = [...this.#wanted].filter(([key]) => (this.#left.get(key) ?? 0) > 0);
    this.changes += missing.length;
    return missing.map(([key, value]) => `${key}${this.#args.separator}${textOf(value)}\n`);
  }

  #folded(key: string): string {
    return this.#args.key_ignore_case ? key.toLowerCase() : key;
  }
}

/** The line without those characters at its start; without white space when none are named, as Python's `lstrip`. */
function stripped(line: string, characters: string | undefined): string {
  if (characters === undefined) return line.trimStart();
  let start = 0;
  while (start < line.length && characters.includes(line[start] ?? '')) start += 1;
  return line.slice(start);
}
