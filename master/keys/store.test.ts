import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import type { KeyOffer } from '../../protocol/suites/suite.ts';
import type { Loss } from './key-events.ts';
import { type KeyStore, type KeyStoreOptions, openKeyStore } from './store.ts';

const ed25519 = (): string => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();
const rsa = (bits = 2048, publicExponent = 65537): string =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent }).publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();

const ONE = ed25519();
const TWO = ed25519();
const RSA = rsa();

const offer = (id: string, publicKey = ONE, parts: Partial<KeyOffer> = {}): KeyOffer => ({
  id,
  publicKey,
  suite: publicKey === RSA ? 'salt' : 'native',
  ...parts,
});

interface House extends AsyncDisposable {
  readonly dir: string;
  readonly keys: KeyStore;
  readonly events: { tag: string; data: Readonly<Record<string, unknown>> }[];
  readonly lost: [id: string, why: Loss][];
  readonly warnings: string[];
  acts(): string[];
  file(...parts: string[]): string;
}

async function house(options: Partial<KeyStoreOptions> = {}, prepare: (dir: string) => void = () => {}): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-keys-'));
  prepare(dir);
  const events: House['events'] = [];
  const lost: House['lost'] = [];
  const warnings: string[] = [];
  const keys = await openKeyStore({
    pkiDir: dir,
    emit: (tag, data) => events.push({ tag, data }),
    warn: (message) => warnings.push(message),
    onRemoved: (id, why) => lost.push([id, why]),
    ...options,
  });
  return {
    dir,
    keys,
    events,
    lost,
    warnings,
    acts: () => events.map(({ tag, data }) => `${tag} ${String(data['act'])} ${String(data['result'])}`),
    file: (...parts) => readFileSync(join(dir, ...parts), 'utf8'),
    async [Symbol.asyncDispose]() {
      await keys[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A directory as a Salt 3008 master leaves it. */
function saltTree(dir: string): void {
  for (const folder of ['minions', 'minions_pre', 'minions_rejected', 'minions_denied', 'minions_autosign']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'capmaster.pem'), 'private');
  writeFileSync(join(dir, 'capmaster.pub'), `${RSA}\n`);
  symlinkSync(join(dir, 'capmaster.pem'), join(dir, 'master.pem'));
  symlinkSync(join(dir, 'capmaster.pub'), join(dir, 'master.pub'));
  writeFileSync(join(dir, 'minions', 'web1'), RSA);
  writeFileSync(join(dir, 'minions', 'Web0'), `${RSA.replaceAll('\n', '\r\n')}\r\n`);
  writeFileSync(join(dir, 'minions', 'an old name'), RSA);
  writeFileSync(join(dir, 'minions', '.key_cache'), 'cache');
  symlinkSync('/etc/hostname', join(dir, 'minions', 'link'));
  writeFileSync(join(dir, 'minions_pre', 'web2'), RSA);
  writeFileSync(join(dir, 'minions_rejected', 'evil'), RSA);
  writeFileSync(join(dir, 'minions_denied', 'web1'), rsa());
}

const until = async (true_: () => boolean): Promise<void> => {
  for (const end = Date.now() + 5_000; !true_() && Date.now() < end; ) await pause(20);
  assert.ok(true_(), `it never came true: ${true_.toString()}`);
};

describe('key store on a directory of a Salt master', () => {
  it('takes it over as it is, without links and hidden files', async () => {
    await using h = await house({}, saltTree);
    assert.deepEqual(h.keys.list(), {
      minions_pre: ['web2'],
      minions_rejected: ['evil'],
      minions: ['an old name', 'Web0', 'web1'],
      minions_denied: ['web1'],
      local: ['capmaster.pem', 'capmaster.pub'],
    });
    assert.equal(h.keys.accepted('web1'), RSA);
    assert.equal(h.keys.accepted('Web0'), RSA);
    assert.equal(h.keys.accepted('web2'), undefined);
    assert.equal(h.keys.accepted('evil'), undefined);
    assert.equal(h.keys.accepted('__proto__'), undefined);
    assert.equal(await h.keys.judge(offer('an old name', RSA)), 'accepted');
  });

  it('makes an empty directory private and its files the owner’s alone', async () => {
    await using h = await house();
    await h.keys.judge(offer('web1'));
    for (const folder of ['', 'minions', 'minions_pre', 'minions_rejected', 'minions_denied', 'minions_autosign'])
      assert.equal(statSync(join(h.dir, folder)).mode & 0o777, 0o700, folder);
    assert.equal(statSync(join(h.dir, 'minions_pre', 'web1')).mode & 0o777, 0o600);
    assert.equal(h.file('minions_pre', 'web1'), `${ONE}\n`);
  });

  it('holds no half-written files, whatever was stored', async () => {
    await using h = await house({ autoAccept: true });
    await Promise.all(Array.from({ length: 50 }, (_, n) => h.keys.judge(offer(`m${n}`))));
    assert.equal(readdirSync(join(h.dir, 'minions')).length, 50);
  });
});

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

describe('enrolment tokens', () => {
  it('accept one minion of their pattern, once', async () => {
    await using h = await house();
    const { token } = h.keys.createToken({ for: 'web*' });
    assert.match(token, /^[A-Za-z0-9_-]{43}$/);
    assert.equal(await h.keys.judge(offer('db1', ONE, { token })), 'pending');
    assert.equal(await h.keys.judge(offer('web1', ONE, { token })), 'accepted');
    assert.equal(await h.keys.judge(offer('web2', TWO, { token })), 'pending');
  });

  it('are stored hashed, in a file of the owner alone', async () => {
    await using h = await house();
    const { token } = h.keys.createToken();
    assert.equal(h.file('enrolment_tokens.json').includes(token), false);
    assert.equal(statSync(join(h.dir, 'enrolment_tokens.json')).mode & 0o777, 0o600);
  });

  it('do not outlive their time, and are worth nothing when altered', async () => {
    await using h = await house();
    const { token } = h.keys.createToken({ ttl: 0.001 });
    await pause(10);
    assert.equal(await h.keys.judge(offer('web1', ONE, { token })), 'pending');
    const other = h.keys.createToken().token;
    for (const wrong of [other.slice(1), `${other}A`, other.toUpperCase(), '', '../../etc/passwd'])
      assert.equal(await h.keys.judge(offer('web1', ONE, { token: wrong })), 'pending');
  });

  it('are not used up by a refusal, and do not take an accepted id away', async () => {
    await using h = await house({ autoAccept: false });
    await h.keys.judge(offer('web1'));
    h.keys.accept('web1');
    const { token } = h.keys.createToken();
    assert.equal(await h.keys.judge(offer('web1', TWO, { token })), 'denied');
    assert.equal(await h.keys.judge(offer('web2', TWO, { token })), 'accepted');
  });

  it('are not brought back by another process that writes the file', async () => {
    await using h = await house();
    const { token } = h.keys.createToken();
    const before = h.file('enrolment_tokens.json');
    assert.equal(await h.keys.judge(offer('web1', ONE, { token })), 'accepted');
    writeFileSync(join(h.dir, 'enrolment_tokens.json'), before);
    assert.equal(await h.keys.judge(offer('web2', TWO, { token })), 'pending');
  });

  it('made by another process are known at once', async () => {
    await using h = await house();
    const other = await openKeyStore({ pkiDir: h.dir, emit: () => {}, warn: () => {}, watch: false });
    const { token } = other.createToken();
    await other[Symbol.asyncDispose]();
    assert.equal(await h.keys.judge(offer('web1', ONE, { token })), 'accepted');
  });
});

describe('what operators do with keys', () => {
  it('accepts by glob, returns where the keys are and tells it', async () => {
    await using h = await house();
    for (const id of ['web1', 'web2', 'db1']) await h.keys.judge(offer(id));
    h.events.length = 0;
    assert.deepEqual(h.keys.accept('web*'), { minions: ['web1', 'web2'] });
    assert.deepEqual(h.keys.accept('nothing'), {});
    assert.deepEqual(h.events[0], { tag: 'salt/key', data: { result: true, act: 'accepted', id: 'web1', pub: ONE } });
    assert.deepEqual(h.keys.list().minions_pre, ['db1']);
    assert.deepEqual(h.keys.accept({ dict: { minions_pre: ['db1', 'nobody'], minions_rejected: ['web1'] } }), { minions: ['db1', 'web1'] });
  });

  it('leaves rejected, denied and accepted keys alone unless told to include them', async () => {
    await using h = await house({}, saltTree);
    assert.deepEqual(h.keys.accept('evil'), { minions_rejected: ['evil'] });
    assert.deepEqual(h.keys.accept('evil', { rejected: true }), { minions: ['evil'] });
    const denied = h.file('minions_denied', 'web1').trim();
    assert.deepEqual(h.keys.accept('web1'), { minions: ['web1'], minions_denied: ['web1'] });
    assert.deepEqual(h.keys.accept('web1', { denied: true }), { minions: ['web1'] });
    assert.equal(h.keys.accepted('web1'), denied);
    assert.deepEqual(h.keys.reject('Web0'), { minions: ['Web0'] });
    assert.deepEqual(h.keys.reject('Web0', { accepted: true }), { minions_rejected: ['Web0'] });
    assert.deepEqual(h.lost, [
      ['web1', 'replaced'],
      ['Web0', 'rejected'],
    ]);
  });

  it('deletes by glob and by list, tells it, and forgets the key at once', async () => {
    await using h = await house({}, saltTree);
    assert.deepEqual(h.keys.delete('web1'), {});
    assert.equal(h.keys.accepted('web1'), undefined);
    assert.equal(existsSync(join(h.dir, 'minions_denied', 'web1')), false);
    assert.deepEqual(h.acts(), ['salt/key delete true', 'salt/key delete true']);
    assert.deepEqual(h.lost, [['web1', 'deleted']]);
    assert.deepEqual(h.keys.delete({ dict: { minions: ['web2'], minions_pre: ['../minions/Web0'] } }), { minions_pre: ['web2'] });
    assert.equal(existsSync(join(h.dir, 'minions', 'Web0')), true);
    assert.deepEqual(h.keys.delete(['*']), {});
  });

  it('does not accept a file that holds no key', async () => {
    await using h = await house({}, (dir) => {
      mkdirSync(join(dir, 'minions_pre'));
      writeFileSync(join(dir, 'minions_pre', 'web1'), 'nothing of use');
    });
    assert.deepEqual(h.keys.accept('web1'), { minions_pre: ['web1'] });
    assert.deepEqual(h.warnings, ['Unable to accept invalid key for web1.']);
  });
});

describe('changes by other programs', () => {
  it('notices a deleted key, tells it and no longer knows it', async () => {
    await using h = await house({}, saltTree);
    rmSync(join(h.dir, 'minions', 'web1'));
    await until(() => h.keys.accepted('web1') === undefined);
    assert.deepEqual(h.lost, [['web1', 'deleted']]);
    assert.deepEqual(h.acts(), ['salt/key delete true']);
  });

  it('notices a key accepted or rejected by moving its file', async () => {
    await using h = await house({}, saltTree);
    renameSync(join(h.dir, 'minions_pre', 'web2'), join(h.dir, 'minions', 'web2'));
    await until(() => h.keys.accepted('web2') === RSA);
    renameSync(join(h.dir, 'minions', 'web2'), join(h.dir, 'minions_rejected', 'web2'));
    await until(() => h.lost.length > 0);
    assert.deepEqual(h.lost, [['web2', 'rejected']]);
    assert.deepEqual(h.acts(), ['salt/key accepted true', 'salt/key rejected true']);
  });

  it('notices a key that was replaced in its file', async () => {
    await using h = await house({}, saltTree);
    writeFileSync(join(h.dir, 'minions', 'web1'), ONE);
    await until(() => h.keys.accepted('web1') === ONE);
    assert.deepEqual(h.lost, [['web1', 'replaced']]);
  });

  it('survives a folder that was removed and made again', async () => {
    await using h = await house({}, saltTree);
    rmSync(join(h.dir, 'minions'), { recursive: true });
    await until(() => h.keys.acceptedIds().length === 0);
    mkdirSync(join(h.dir, 'minions'));
    writeFileSync(join(h.dir, 'minions', 'new'), ONE);
    await until(() => h.keys.accepted('new') === ONE);
  });

  it('tells nothing of its own changes twice', async () => {
    await using h = await house({ autoAccept: true });
    await h.keys.judge(offer('web1'));
    h.keys.delete('web1');
    await pause(1_300);
    assert.deepEqual(h.acts(), ['salt/auth accept true', 'salt/key delete true']);
  });
});
