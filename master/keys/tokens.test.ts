import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { house, ONE, offer, TWO } from '../../test/support/key-house.ts';
import { openKeyStore } from './store.ts';

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

  it('of a group tell it to who takes the minion in, and are listed without what lets one in', async () => {
    const enrolled: unknown[] = [];
    await using h = await house({ onEnrolled: (id, group) => enrolled.push([id, group]) });
    const first = h.keys.createToken({ for: 'web*', group: 'shops', ttl: 60 });
    const second = h.keys.createToken();
    const listed = h.keys.waitingTokens();
    assert.deepEqual(
      listed.map(({ for: pattern, group }) => [pattern, group]),
      [
        ['web*', 'shops'],
        ['*', null],
      ],
    );
    assert.equal(JSON.stringify(listed).includes(first.token), false);
    assert.equal(await h.keys.judge(offer('db1', ONE, { token: first.token })), 'pending');
    assert.equal(await h.keys.judge(offer('web1', ONE, { token: first.token })), 'accepted');
    assert.equal(h.keys.revokeToken(listed[1]?.id ?? ''), true);
    assert.equal(h.keys.revokeToken(listed[0]?.id ?? ''), false, 'it was used');
    assert.equal(await h.keys.judge(offer('web2', TWO, { token: second.token })), 'pending');
    assert.deepEqual([enrolled, h.keys.waitingTokens()], [[['web1', 'shops']], []]);
  });

  it('made by another process are known at once', async () => {
    await using h = await house();
    const other = await openKeyStore({ pkiDir: h.dir, emit: () => {}, warn: () => {}, watch: false });
    const { token } = other.createToken();
    await other[Symbol.asyncDispose]();
    assert.equal(await h.keys.judge(offer('web1', ONE, { token })), 'accepted');
  });
});
