import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MasterConfig } from '../options.ts';
import { createPillar } from './compile.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const none = () => ({ has: async () => false, call: async () => null });

async function compiled(files: Readonly<Record<string, string>>): Promise<unknown> {
  const root = mkdtempSync(join(tmpdir(), 'tsalt-pillar-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    const config = { pillar_roots: { base: [root] }, nodegroups: {} } as unknown as MasterConfig;
    const pillar = await createPillar(() => config, { functions: none, log: silent }).compile({
      id: 'web1',
      grains: {},
      pillarenv: undefined,
      override: {},
    } as never);
    return JSON.parse(JSON.stringify(pillar));
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('pillar is read by the words of Salt: a lone y is a text, a leading zero no octal number, a date a text', async () => {
  const all = 'axes: [x, y]\nmode: 0644\nday: 2015-01-01\nflag: yes\n';
  assert.deepEqual(await compiled({ 'top.sls': "base:\n  '*': [all]\n", 'all.sls': all }), {
    axes: ['x', 'y'],
    mode: 644,
    day: '2015-01-01',
    flag: true,
  });
});

test('later files win key by key', async () => {
  const files = { 'top.sls': "base:\n  '*': [a, b]\n", 'a.sls': 'n: {x: 1, y: 1}\n', 'b.sls': 'n: {y: 2}\n' };
  assert.deepEqual(await compiled(files), { n: { x: 1, y: 2 } });
});
