import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, witness } from '../../../test/support/ctx.ts';
import type { Returnable } from '../../define.ts';
import apache from './index.ts';

/** Where programs end with this code; and how they were run. */
function ending(code: number) {
  const runs: Returnable[] = [];
  const functions = {
    'cmd.retcode': ([argv]: readonly Returnable[]) => {
      runs.push(argv ?? null);
      return code;
    },
  };
  return Object.assign(witness({ functions }), { runs });
}

test('what Debian enables by a link is enabled and disabled by its programs', async () => {
  const machine = ending(0);
  assert.deepEqual(await invoke(apache, 'a2enmod', { mod: 'rewrite' }, machine), {
    Name: 'Apache2 Enable Mod',
    Mod: 'rewrite',
    Status: 'Mod rewrite enabled',
  });
  assert.deepEqual(await invoke(apache, 'a2dissite', { site: 'web' }, machine), {
    Name: 'Apache2 Disable Site',
    Site: 'web',
    Status: 'Site web disabled',
  });
  assert.deepEqual(machine.runs, [
    ['a2enmod', 'rewrite'],
    ['a2dissite', 'web'],
  ]);
});

test('what cannot be enabled is told to be not found; of what cannot be disabled the return code is told', async () => {
  const status = async (fun: string, code: number) =>
    ((await invoke(apache, fun, { conf: 'x' }, ending(code))) as { readonly Status: Returnable }).Status;
  assert.equal(await status('a2enconf', 1), 'Conf x Not found');
  assert.equal(await status('a2enconf', 2), 2);
  assert.equal(await status('a2disconf', 1), 1);
});
