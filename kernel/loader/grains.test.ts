import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GrainSource, grainSource } from '../../modules/define.ts';
import { builtinGrains } from '../../modules/grains/index.ts';
import { collectGrains, type GrainOptions } from './grains.ts';

const errors: string[] = [];
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (text: string) => errors.push(text) };
const source = (name: string, collect: GrainSource['collect']) => grainSource({ name, doc: '', collect });
const collect = async (options: Partial<GrainOptions>) => ({ ...(await collectGrains({ sources: [], config: {}, log, ...options })) });

test('sources that build on others see those before them, the file overrides sources and the options override all', async () => {
  const sources = [
    source('a', async () => ({ a: 1, b: 1, c: 1 })),
    { ...source('b', async (host) => ({ sum: Number(host.grains['a']) + 1, b: 2 })), builds: true as const },
  ];
  const grains = await collect({ sources, file: { b: 3, c: 3, d: 3 }, config: { grains: { c: 4 } } });
  assert.deepEqual(grains, { a: 1, sum: 2, b: 3, c: 4, d: 3 });
});

test('a source that fails leaves out its own grains only, and is named', async () => {
  const sources = [source('bad', () => Promise.reject(new Error('no bus'))), source('good', async () => ({ x: true }))];
  assert.deepEqual(await collect({ sources }), { x: true });
  assert.deepEqual(errors, ['grains of bad are missing: no bus']);
});

test('grains_blacklist takes globs and regular expressions that fit the whole name', async () => {
  const sources = [source('a', async () => ({ cpu_model: 1, cpu_flags: 2, ipv4: 3, ipv6: 4, ip: 5 }))];
  assert.deepEqual(await collect({ sources, config: { grains_blacklist: ['cpu*', 'ipv[46]', '(broken'] } }), { ip: 5 });
});

test('grains_deep_merge merges maps', async () => {
  const sources = [source('a', async () => ({ m: { x: 1, y: { z: 1 } } })), source('b', async () => ({ m: { y: { w: 2 } } }))];
  const grains = await collect({ sources, config: { grains_deep_merge: true } });
  assert.deepEqual(JSON.parse(JSON.stringify(grains)), { m: { x: 1, y: { z: 1, w: 2 } } });
});

test('the key __proto__ of a grains file does no harm', async () => {
  await collect({ file: JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown> });
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('this machine has its core grains', async () => {
  errors.length = 0;
  const grains = await collect({ sources: builtinGrains, config: { id: 'web1', master: 'salt' } });
  assert.deepEqual(errors, []);
  assert.equal(grains['id'], 'web1');
  assert.equal(grains['kernel'], 'Linux');
  assert.equal(grains['pid'], process.pid);
  assert.ok(Number(grains['num_cpus']) > 0 && Number(grains['mem_total']) > 0);
  assert.ok((grains['ipv4'] as string[]).includes('127.0.0.1'));
});
