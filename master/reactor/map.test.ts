import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReactorMap } from './map.ts';

const bare = (value: object): object => Object.assign(Object.create(null), value);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test('every glob that fits a tag names its files, in order', () => {
  const lines = [bare({ 'salt/minion/*/start': ['a.sls', 'b.sls'] }), bare({ '*': 'all.sls' }), bare({ 'salt/key': 'key.sls' })];
  const map = new ReactorMap(() => lines, quiet);
  assert.deepEqual(map.filesFor('salt/minion/web1/start'), ['a.sls', 'b.sls', 'all.sls']);
  assert.deepEqual(map.filesFor('salt/key'), ['all.sls', 'key.sls']);
});

test('a line that names no one tag counts for nothing', () => {
  const map = new ReactorMap(() => ['text', bare({}), bare({ a: 'x', b: 'y' }), 7], quiet);
  assert.deepEqual(map.filesFor('a'), []);
});

test('reactors come from a YAML file, too, and one that cannot be read is told', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-reactor-'));
  const errors: string[] = [];
  try {
    const file = join(dir, 'reactor.yaml');
    writeFileSync(file, '- my/tag:\n  - salt://x.sls\n');
    const map = new ReactorMap(() => file, quiet);
    assert.deepEqual([map.running, map.filesFor('my/tag')], [true, ['salt://x.sls']]);
    const none = new ReactorMap(() => join(dir, 'none'), { ...quiet, error: (text) => errors.push(text) });
    assert.deepEqual(none.filesFor('my/tag'), []);
    assert.match(errors.join(), /Failed to read reactor map: ".*none"/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('what was added lasts until the configuration is read again', () => {
  let lines = [bare({ one: 'x.sls' })];
  const map = new ReactorMap(() => lines, quiet);
  assert.deepEqual([map.add('two', ['y.sls']), map.add('two', ['z.sls']), map.add('one', ['z.sls'])], [true, false, false]);
  assert.deepEqual(map.filesFor('two'), ['y.sls']);
  assert.deepEqual([map.delete('one'), map.delete('one')], [true, false]);
  lines = [...lines];
  assert.deepEqual([map.filesFor('one'), map.filesFor('two')], [['x.sls'], []]);
});
