import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { newJid } from '../protocol/jid.ts';
import { newIdentity } from '../protocol/suites/native/identity.ts';
import { SmallMaster } from '../test/support/small_master.ts';
import { type RunningMinion, startMinion } from './main.ts';

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const withTwo = async (
  options: string,
  run: (one: SmallMaster, two: SmallMaster, start: () => Promise<RunningMinion>) => Promise<void>,
) => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-masters-'));
  const identity = newIdentity();
  const masters = [new SmallMaster(identity), new SmallMaster(identity)] as const;
  for (const master of masters) await master.start();
  const [one, two] = masters;
  const list = masters.map(({ requestPort }) => `127.0.0.1:${requestPort}`);
  writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nmaster: [${list.map((name) => `'${name}'`).join(', ')}]\n${options}`);
  let minion: RunningMinion | undefined;
  try {
    await run(one, two, async () => {
      minion = await startMinion({ configDir: dir, log: LOG });
      return minion;
    });
  } finally {
    await minion?.stop();
    for (const master of masters) await master.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
const started = async (master: SmallMaster) => await master.request(({ tag }) => tag === 'salt/minion/web1/start');
const ping = async (master: SmallMaster): Promise<string> => {
  const jid = newJid();
  await master.publish({ fun: 'test.ping', arg: [], tgt: '*', tgt_type: 'glob', jid, ret: '', user: 'root' });
  await master.request(({ cmd, jid: of }) => cmd === '_return' && of === jid);
  return jid;
};

test('with several masters each gets the returns of its own jobs', async () => {
  await withTwo('', async (one, two, start) => {
    await start();
    await Promise.all([started(one), started(two)]);
    const [first, second] = [await ping(one), await ping(two)];
    assert.ok(!one.requests.some(({ jid }) => jid === second));
    assert.ok(!two.requests.some(({ jid }) => jid === first));
  });
});

test('in failover the next master is taken when the first is silent', async () => {
  await withTwo('master_type: failover\nauth_timeout: 1\nauth_tries: 1\n', async (one, two, start) => {
    await one.stop();
    await start();
    await started(two);
    await ping(two);
  });
});

test('in failover a master that goes away is left for the next', async () => {
  await withTwo('master_type: failover\nauth_timeout: 1\nauth_tries: 1\n', async (one, two, start) => {
    await start();
    await started(one);
    assert.deepEqual(two.requests, []);
    await one.stop();
    await started(two);
    await ping(two);
  });
});

test('a master that proves to be another one than the pinned one ends the minion', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-pinned-'));
  const [trusted, other] = [new SmallMaster(), new SmallMaster()];
  await trusted.start();
  await other.start();
  try {
    const configure = (master: SmallMaster): void =>
      writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nmaster: 127.0.0.1:${master.requestPort}\n`);
    configure(trusted);
    const first = await startMinion({ configDir: dir, log: LOG });
    await started(trusted);
    await first.stop();
    configure(other);
    const second = await startMinion({ configDir: dir, log: LOG });
    await assert.rejects(second.ended, { code: 'wrong-peer' });
    await second.stop();
    assert.deepEqual(other.requests, []);
  } finally {
    await trusted.stop();
    await other.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
