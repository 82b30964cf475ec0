import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Float } from '../../../protocol/wire/float.ts';
import { RenderError } from '../errors.ts';
import { lookup } from '../python/compare.ts';
import { fromPlain } from '../python/plain.ts';
import { Callable, type Data, type Dict, isDict, isTrue, Opaque, type Value } from '../python/value.ts';
import { renderJinja } from './index.ts';

interface Case {
  readonly id: string;
  readonly template: string;
  readonly expect?: string;
  readonly error?: { readonly line: number | null; readonly message: string };
  readonly env?: Readonly<Record<string, string | boolean>>;
}
const corpus: {
  readonly context: Record<string, unknown>;
  readonly files: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
} = JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8'));

/** The functions that the recording had. */
class Functions extends Opaque {
  readonly typeName: string = '__main__.fns_wrap';
  readonly #names: Readonly<Record<string, Callable>>;
  constructor(names: Readonly<Record<string, Callable>>) {
    super();
    this.#names = names;
  }
  override item(key: Value): Value | undefined {
    return this.#names[String(key)];
  }
  override has(key: Value): boolean {
    return this.#names[String(key)] !== undefined;
  }
}

const context: Dict = fromPlain(corpus.context) as Dict;
context.set('f1', new Float(2));
context.set('big', 12345678901234567890n);
const grains = context.get('grains') as Dict;
const pillar = context.get('pillar') as Dict;

function at(tree: Value, path: string, fallback: Value): Value {
  let here: Value | undefined = tree;
  for (const part of path.split(':')) here = here !== undefined && isDict(here) ? lookup(here, part) : undefined;
  return here ?? fallback;
}
const fn = (name: string, call: Callable['call']): readonly [string, Callable] => [name, new Callable(name, call)];
const functions = Object.fromEntries([
  fn('test.echo', ([value]) => value ?? null),
  fn('log.debug', () => true),
  fn('pillar.get', ([path, fallback]) => at(pillar, String(path), fallback ?? '')),
  fn('grains.get', ([path, fallback]) => at(grains, String(path), fallback ?? '')),
  fn('grains.filter_by', ([table], kwargs) => {
    const by = at(grains, String(kwargs.get('grain') ?? 'os_family'), '');
    const chosen = lookup(table as Dict, by) ?? lookup(table as Dict, kwargs.get('default') ?? 'default') ?? null;
    const over = kwargs.get('merge');
    return isDict(chosen) && over !== undefined && isDict(over) && isTrue(over) ? new Map([...chosen, ...over]) : chosen;
  }),
]);

/** Differences to real Salt that stand, with the reason. */
const STANDING: ReadonlySet<string> = new Set([]);

for (const { id, template, expect, error, env = {} } of corpus.cases) {
  test(`template ${id} of the corpus renders as Salt renders it: ${JSON.stringify(template).slice(0, 70)}`, {
    todo: STANDING.has(id),
  }, async () => {
    const globals = new Map<string, Value>([['salt', new Functions(functions)]]);
    for (const [key, value] of context) globals.set(String(key), fromPlain(value) as Data);
    const options = {
      ...(env['trim_blocks'] === true ? { trimBlocks: true } : {}),
      ...(env['lstrip_blocks'] === true ? { lstripBlocks: true } : {}),
      ...(typeof env['line_statement_prefix'] === 'string' ? { lineStatementPrefix: env['line_statement_prefix'] } : {}),
      ...(typeof env['line_comment_prefix'] === 'string' ? { lineCommentPrefix: env['line_comment_prefix'] } : {}),
    };
    const rendered = renderJinja(template, { globals, load: async (name) => corpus.files[name], options });
    if (error === undefined) return assert.equal(await rendered, expect);
    await assert.rejects(rendered, (thrown) => {
      assert.ok(thrown instanceof RenderError, String(thrown));
      assert.equal(thrown.message.split('\n')[0]?.replace(/; line \d+$/, ''), error.message.split('\n')[0]);
      if (error.line !== null) assert.equal(thrown.line, error.line);
      return true;
    });
  });
}
