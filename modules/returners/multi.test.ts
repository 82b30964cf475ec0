import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createHost } from '../../kernel/loader/host.ts';
import { Returners } from '../../kernel/returners/returners.ts';
import { aResult } from '../../test/contracts/returner.ts';
import { freePorts } from '../../test/support/ports.ts';
import { returnerSources } from './index.ts';

async function house(names: readonly string[]) {
  const [nobody] = await freePorts(1);
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-multi-'));
  const config: Readonly<Record<string, unknown>> = {
    multi_returner: names,
    'rawfile_json.filename': join(dir, 'lines'),
    'sqlite.database': join(dir, 'db'),
    http: `http://127.0.0.1:${nobody}/`,
  };
  const logged: string[] = [];
  const note = (text: string): void => void logged.push(text);
  const returners = new Returners({
    id: 'm1',
    host: createHost(() => ({})),
    find: async (name) => (await returnerSources[name]?.())?.default ?? { refused: 'there is no such returner' },
    lookup: (name) => config[name],
    bounds: () => ({ items: 100, bytes: 1 << 20, timeoutMs: 10_000 }),
    log: { debug: () => undefined, info: note, warn: note, error: note },
  });
  const lines = (): number => readFileSync(join(dir, 'lines'), 'utf8').trim().split('\n').length;
  const close = async (): Promise<void> => {
    await returners.close();
    rmSync(dir, { recursive: true });
  };
  return { returners, logged, lines, [Symbol.asyncDispose]: close };
}

it('multi hands a result to each of its returners, and one that fails or is away holds up none', async () => {
  await using all = await house(['http', 'nosuch', 'rawfile_json', 'sqlite']);
  for (const id of ['a', 'b', 'c']) all.returners.hand(['multi_returner'], aResult(id, 1));
  await all.returners.settle(1000);
  assert.equal(all.lines(), 3);
  assert.deepEqual(Object.keys(Object(await all.returners.ask('sqlite', 'fun', 'test.value'))), ['a', 'b', 'c']);
  assert.match(all.logged.join('\n'), /multi could not hand over to nosuch: there is no such returner/);
  assert.match(all.logged.join('\n'), /the returner http is away, \d results? waits?/);
});

it('multi reads back what any of its returners has', async () => {
  await using all = await house(['rawfile_json', 'sqlite']);
  all.returners.hand(['multi'], aResult('a', 1));
  await all.returners.settle(5000);
  assert.deepEqual(await all.returners.ask('sqlite', 'minions', ''), ['a']);
});

it('multi does not name itself', async () => {
  await using all = await house(['multi_returner']);
  all.returners.hand(['multi_returner'], aResult('a', 1));
  await all.returners.settle(2000);
  assert.match(all.logged.join('\n'), /multi_returner names itself/);
});
