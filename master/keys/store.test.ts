import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { house, ONE, offer, RSA, saltTree, until } from '../../test/support/key-house.ts';

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
