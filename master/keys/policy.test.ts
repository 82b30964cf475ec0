import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KeyOffer } from '../../protocol/suites/suite.ts';
import { house, ONE, offer, RSA, rsa, saltTree, TWO } from '../../test/support/key-house.ts';
import { openKeyStore } from './store.ts';

describe('enrolment policy', () => {
  it('lets a new key wait, tells it, and knows it again', async () => {
    await using h = await house();
    assert.equal(await h.keys.judge(offer('web1')), 'pending');
    assert.equal(await h.keys.judge(offer('web1')), 'pending');
    assert.deepEqual(h.acts(), ['salt/auth pend true', 'salt/auth pend true']);
    assert.deepEqual(h.events[0]?.data, { result: true, act: 'pend', id: 'web1', pub: ONE });
  });

  it('accepts the accepted key with other line ends and denies another one, keeping both', async () => {
    await using h = await house({ autoAccept: true });
    assert.equal(await h.keys.judge(offer('web1', RSA)), 'accepted');
    assert.equal(await h.keys.judge(offer('web1', `\n${RSA.replaceAll('\n', '\r\n')}\n`, { suite: 'salt' })), 'accepted');
    assert.equal(await h.keys.judge(offer('web1', TWO)), 'denied');
    assert.equal(await h.keys.judge(offer('web1', ONE)), 'denied');
    assert.equal(h.keys.accepted('web1'), RSA);
    assert.equal(h.file('minions_denied', 'web1'), `${TWO}\n`);
    assert.deepEqual(h.acts().slice(2), ['salt/auth denied false', 'salt/auth denied false']);
  });

  it('denies another key for an id that waits', async () => {
    await using h = await house();
    await h.keys.judge(offer('web1'));
    assert.equal(await h.keys.judge(offer('web1', TWO)), 'denied');
    assert.equal(h.file('minions_pre', 'web1'), `${ONE}\n`);
  });

  it('refuses a rejected id whatever key it offers, even with auto_accept', async () => {
    await using h = await house({ autoAccept: true });
    await h.keys.judge(offer('web1'));
    h.keys.reject('web1', { accepted: true });
    assert.equal(await h.keys.judge(offer('web1')), 'rejected');
    assert.equal(await h.keys.judge(offer('web1', TWO)), 'rejected');
    assert.equal(h.keys.accepted('web1'), undefined);
  });

  it('replaces keys at will in open mode', async () => {
    await using h = await house({ openMode: true });
    assert.equal(await h.keys.judge(offer('web1')), 'accepted');
    assert.equal(await h.keys.judge(offer('web1', TWO)), 'accepted');
    assert.equal(h.keys.accepted('web1'), TWO);
    assert.deepEqual(h.lost, [['web1', 'replaced']]);
  });

  it('answers full beyond max_minions to ids that are not accepted', async () => {
    await using h = await house({ autoAccept: true, maxMinions: 1 });
    assert.equal(await h.keys.judge(offer('web1')), 'accepted');
    assert.equal(await h.keys.judge(offer('web2')), 'full');
    assert.equal(await h.keys.judge(offer('web1')), 'accepted');
    assert.deepEqual(h.acts()[1], 'salt/auth full false');
    assert.deepEqual(h.keys.list().minions_pre, []);
  });

  it('accepts what autosign_file names exactly, as a glob or as a whole regular expression', async () => {
    await using h = await house({}, (dir) =>
      writeFileSync(join(dir, 'autosign'), '# web9\n\nexact\n web* \nrack\\d+\n(\ndb(1|2)\n', { mode: 0o644 }),
    );
    const keys = await openKeyStore({ pkiDir: h.dir, emit: () => {}, warn: () => {}, autosignFile: join(h.dir, 'autosign') });
    const verdicts: Record<string, string> = {};
    for (const id of ['exact', 'exactly', 'web9', 'rack12', 'rack12x', 'xrack12', 'db1', 'db12'])
      verdicts[id] = await keys.judge(offer(id));
    await keys[Symbol.asyncDispose]();
    const [accepted, pending] = ['accepted', 'pending'];
    assert.deepEqual(verdicts, {
      exact: accepted,
      exactly: pending,
      web9: accepted,
      rack12: accepted,
      rack12x: pending,
      xrack12: pending,
      db1: accepted,
      db12: pending,
    });
  });

  it('does not read an autosign_file that others or the group may write to, and says so once', async () => {
    await using h = await house({ autosignFile: '' });
    const file = join(h.dir, 'autosign');
    writeFileSync(file, '*\n');
    const warnings: string[] = [];
    const keys = await openKeyStore({
      pkiDir: h.dir,
      emit: () => {},
      warn: (message) => warnings.push(message),
      autosignFile: file,
      watch: false,
    });
    chmodSync(file, 0o646);
    assert.equal(await keys.judge(offer('a')), 'pending');
    assert.equal(await keys.judge(offer('b')), 'pending');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /Wrong permissions for .*autosign/);
    chmodSync(file, 0o664);
    assert.equal(await keys.judge(offer('c')), 'pending');
    chmodSync(file, 0o644);
    assert.equal(await keys.judge(offer('d')), 'accepted');
    assert.equal(await keys.judge(offer('a')), 'accepted');
    await keys[Symbol.asyncDispose]();
  });

  it('rejects what autoreject_file names, also when it waits, before autosign is asked', async () => {
    await using h = await house({}, (dir) => writeFileSync(join(dir, 'reject'), 'bad*\n'));
    const keys = await openKeyStore({
      pkiDir: h.dir,
      emit: () => {},
      warn: () => {},
      autorejectFile: join(h.dir, 'reject'),
      autoAccept: true,
      watch: false,
    });
    assert.equal(await keys.judge(offer('bad1')), 'rejected');
    assert.deepEqual(keys.list().minions_rejected, ['bad1']);
    assert.equal(await keys.judge(offer('good')), 'accepted');
    await keys[Symbol.asyncDispose]();
  });

  it('uses up a file in minions_autosign, and ignores one that is too old', async () => {
    await using h = await house({ autosignTimeout: 1 });
    const stub = join(h.dir, 'minions_autosign', 'web1');
    writeFileSync(stub, '');
    assert.equal(await h.keys.judge(offer('web1')), 'accepted');
    assert.equal(existsSync(stub), false);
    const old = join(h.dir, 'minions_autosign', 'web2');
    writeFileSync(old, '');
    utimesSync(old, new Date(Date.now() - 61_000), new Date(Date.now() - 61_000));
    assert.equal(await h.keys.judge(offer('web2')), 'pending');
    assert.equal(existsSync(old), false);
  });

  it('accepts by a grain whose value is a line of its file', async () => {
    await using h = await house({}, (dir) => {
      mkdirSync(join(dir, 'grains'));
      writeFileSync(join(dir, 'grains', 'rack'), '# 1\n7\n');
      writeFileSync(join(dir, 'grains', 'trusted'), 'True\n');
    });
    const keys = await openKeyStore({
      pkiDir: h.dir,
      emit: () => {},
      warn: () => {},
      autosignGrainsDir: join(h.dir, 'grains'),
      watch: false,
    });
    assert.equal(await keys.judge(offer('a', ONE, { autosignGrains: { rack: 7 } })), 'accepted');
    assert.equal(await keys.judge(offer('b', ONE, { autosignGrains: { rack: 1 } })), 'pending');
    assert.equal(await keys.judge(offer('c', ONE, { autosignGrains: { trusted: true } })), 'accepted');
    assert.equal(await keys.judge(offer('d', ONE, { autosignGrains: { other: 7 } })), 'pending');
    assert.equal(await keys.judge(offer('b', TWO, { autosignGrains: { rack: 7 } })), 'denied');
    await keys[Symbol.asyncDispose]();
  });

  it('gives the place of an accepted key to the one it vouches for', async () => {
    await using h = await house({}, saltTree);
    assert.equal(await h.keys.judge(offer('web1', ONE, { predecessor: TWO })), 'denied');
    assert.equal(await h.keys.judge(offer('web1', ONE, { predecessor: `${RSA}\n` })), 'accepted');
    assert.equal(h.keys.accepted('web1'), ONE);
    assert.deepEqual(h.lost, [['web1', 'replaced']]);
    assert.equal(await h.keys.judge(offer('evil', ONE, { predecessor: RSA })), 'rejected');
    assert.equal(await h.keys.judge(offer('web2', ONE, { predecessor: RSA })), 'pending');
    assert.equal(await h.keys.judge(offer('web2', ONE)), 'pending');
  });

  it('stores no weak, foreign or oversized key', async () => {
    await using h = await house({ autoAccept: true });
    const bad: KeyOffer[] = [
      offer('a', rsa(1024), { suite: 'salt' }),
      offer('b', rsa(2048, 3), { suite: 'salt' }),
      offer('c', ONE, { suite: 'salt' }),
      offer('d', RSA, { suite: 'native' }),
      offer('e', 'rubbish', { suite: 'salt' }),
      offer('f', `${RSA}\n${'x'.repeat(20_000)}`, { suite: 'salt' }),
      offer('g', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    ];
    for (const one of bad) assert.equal(await h.keys.judge(one), 'rejected', one.id);
    assert.deepEqual(readdirSync(join(h.dir, 'minions')), []);
    assert.deepEqual(readdirSync(join(h.dir, 'minions_pre')), []);
  });

  it('touches no file for an id that is none', async () => {
    await using h = await house({ autoAccept: true });
    const hostile = ['', '.', '..', '../../x', 'a/b', 'a\\b', '-rf', '.hidden', 'a\0b', 'a\nb', 'ä', 'a b', 'x'.repeat(254), '\ud800'];
    for (const id of hostile) assert.equal(await h.keys.judge(offer(id)), 'rejected', JSON.stringify(id));
    assert.deepEqual(h.events, []);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (id) => {
        const verdict = await h.keys.judge(offer(id));
        assert.equal(verdict === 'accepted', /^[A-Za-z0-9_@][A-Za-z0-9._@-]{0,252}$/.test(id), JSON.stringify(id));
      }),
      { numRuns: 300 },
    );
    assert.deepEqual(readdirSync(h.dir).sort(), ['minions', 'minions_autosign', 'minions_denied', 'minions_pre', 'minions_rejected']);
  });

  it('lets legacy ids in when told to, but no path', async () => {
    await using h = await house({ legacyIds: true });
    assert.equal(await h.keys.judge(offer('büro pc')), 'pending');
    assert.equal(await h.keys.judge(offer('../x')), 'rejected');
    assert.deepEqual(h.keys.list().minions_pre, ['büro pc']);
  });

  it('keeps a bounded number of waiting keys through a flood, and every accepted one', async () => {
    await using h = await house({ pendingMax: 20 });
    await h.keys.judge(offer('wanted'));
    h.keys.accept('wanted');
    for (let n = 0; n < 200; n += 1) await h.keys.judge(offer(`flood${String(n).padStart(3, '0')}`));
    const { minions, minions_pre } = h.keys.list();
    assert.deepEqual(minions, ['wanted']);
    assert.equal(minions_pre.length, 20);
    assert.equal(minions_pre[0], 'flood180');
    assert.equal(readdirSync(join(h.dir, 'minions_pre')).length, 20);
  });

  it('stores no more new keys in a minute than allowed', async () => {
    await using h = await house({ pendingPerMinute: 5 });
    const verdicts = [];
    for (let n = 0; n < 8; n += 1) verdicts.push(await h.keys.judge(offer(`m${n}`)));
    assert.deepEqual(verdicts.slice(0, 5), Array(5).fill('pending'));
    assert.deepEqual(verdicts.slice(6), ['full', 'full']);
    assert.equal(await h.keys.judge(offer('m0')), 'pending');
  });

  it('puts offered grains into the event when their act is listed', async () => {
    await using h = await house({ authEventsAutosignGrains: ['pend'] });
    await h.keys.judge(offer('web1', ONE, { autosignGrains: { rack: 7 } }));
    assert.deepEqual(h.events[0]?.data['autosign_grains'], { rack: 7 });
  });
});
