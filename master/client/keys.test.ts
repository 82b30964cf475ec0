import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { fingerprint, newKeyPair } from '../../protocol/suites/salt/keys.ts';
import { openKeyStore } from '../keys/store.ts';
import { loadMasterConfig } from '../options.ts';
import { openKeys } from './keys.ts';

it('key functions work on the files of a master that does not run, and the next master sees the result', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-keys-'));
  try {
    const pkiDir = join(dir, 'pki');
    writeFileSync(join(dir, 'master'), `pki_dir: ${pkiDir}\ninterface: 192.0.2.1\nret_port: 4606\nid: cap_master\n`);
    const { config } = loadMasterConfig({ configDir: dir, overrides: {} });
    const pem = (await newKeyPair()).publicPem;
    const options = { pkiDir, emit: () => {}, warn: () => {} };
    {
      await using keys = await openKeyStore(options);
      await keys.judge({ id: 'web1', publicKey: pem, suite: 'salt' });
    }
    {
      await using keys = await openKeys(dir, config, () => {});
      assert.deepEqual(await keys.wheel('key.accept', { match: '*' }), { minions: ['web1'] });
      await assert.rejects(keys.wheel('key.token', {}), (error) => error instanceof TsaltError && error.code === 'no-master-key');
      writeFileSync(join(pkiDir, 'master.pub'), pem);
      const { line } = (await keys.wheel('key.token', {})) as { line: string };
      assert.match(line, new RegExp(`^tsalt-minion --join 192\\.0\\.2\\.1:4606 --token [\\w-]{43} --finger ${fingerprint(pem)}$`));
      await assert.rejects(keys.wheel('key.nothing', {}), (error) => error instanceof TsaltError && error.code === 'unknown-function');
    }
    await using keys = await openKeyStore(options);
    assert.equal(keys.accepted('web1'), pem);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
