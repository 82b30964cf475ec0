import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { House, type Make } from '../support/house.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

/** Functions run on the master, as if on the minion that the pillar is for: they see its id and its grains. */
const CALLS = `
said: {{ salt['cmd.run']('echo hi') }}
listed: {{ salt.file.file_exists('/etc/passwd') }}
id: {{ salt['grains.get']('id') }}
role: {{ salt['grains.get']('role') }}
matches: {{ salt['match.grain']('role:web') }}
has: {{ 'test.ping' in salt }}
lacks: {{ 'nosuch.call' in salt }}
hash: {{ salt['hashutil.digest']('x', 'md5') }}
`;
const PROGRAM = `#!py
def run():
    return {'program': [__grains__['role'], __salt__['test.echo']('called'), 1 + 1]}
`;

async function pillarUnder(make: Make): Promise<Record<string, unknown>> {
  await using house = await House.open(make, {});
  house.servePillar('top.sls', 'base:\n  "*":\n    - calls\n    - program\n');
  house.servePillar('calls.sls', CALLS);
  house.servePillar('program.sls', PROGRAM);
  await house.startMaster();
  house.addMinion('salt', 'web1', { grains: { role: 'web' } });
  house.addMinion('salt', 'db1', { grains: { role: 'db' } });
  await house.answering('web1', 'db1');
  let found: Record<string, unknown> = {};
  await until('both have their pillar', async () => {
    found = await house.results('*', 'pillar.items', 'unmask=True');
    return Object.keys(found).length === 2;
  });
  return found;
}

suite('templates of a pillar call functions on the master', { skip }, () => {
  test('with the answers they have under the real Salt', async () => {
    const [ours, real] = [await pillarUnder('tsalt'), await pillarUnder('salt')];
    assert.equal((real['db1'] as { role?: string }).role, 'db');
    assert.deepEqual(ours, real);
  });
});
