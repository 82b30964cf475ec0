import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { type AccessHouse, accessHouse, FROM } from '../../test/support/access-house.ts';
import type { PersonClient, RunEvent } from '../client/contract.ts';
import { TooManyLogins } from '../client/errors.ts';

let at: AccessHouse;
beforeEach(async () => {
  at = await accessHouse();
});
afterEach(async () => await at[Symbol.asyncDispose]());

const code = (wanted: string) => (error: unknown) => error instanceof TsaltError && error.code === wanted;
const refused = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TsaltError && error.code === 'not-authorised', String(error));
  assert.match(error.message, sentence);
  return true;
};
const take = async <T>(iterable: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of iterable) all.push(one);
  return all;
};
const job = (expression: string | string[], fun: string | string[], args: unknown[] = [], kind = 'glob') => ({
  target: { kind, expression },
  fun,
  args,
});
const answered = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'return' ? [event.minion] : [])).sort();
const runner = (fun: string, kwargs = {}) => ({ fun, args: [], kwargs });
const users = (entries: Record<string, unknown>) => ({ file: { '^filename': join(at.house.dir, 'passwords'), ...entries } });
const local = async (name: string, password: string): Promise<PersonClient> =>
  at.persons.as({ token: (await at.login(name, password, 'local')).token }, FROM);

describe('logging in', () => {
  it('gives a token of 64 hexadecimal digits with permissions as Salt lists them, and the file keeps none that could be used', async () => {
    at.settle(users({ alice: [{ 'web*': ['test.*'] }, 'test.ping', '@jobs'] }));
    const grant = await at.login('alice', 'wonder');
    assert.match(grant.token, /^[0-9a-f]{64}$/);
    assert.deepEqual(grant.perms, ['@jobs', 'test.ping', { 'web*': ['test.*'] }]);
    assert.equal(grant.expire - grant.start, 43200);
    assert.deepEqual((await at.persons.grant(grant.token))?.user, 'alice');
    for (const file of ['access.db', 'access.db-wal'])
      assert.equal(readFileSync(join(at.house.dir, file), 'latin1').includes(grant.token), false, file);
  });

  it('is refused, and late, for a wrong password, an unknown user, a backend that is not configured, and an empty secret', async () => {
    at.settle(users({ '*': ['.*'] }));
    await assert.rejects(at.login('alice', 'builder'), code('not-authenticated'));
    await assert.rejects(at.login('carol', ''), code('not-authenticated'));
    await assert.rejects(at.login('alice', 'x', 'auto'), code('not-authenticated'));
    await assert.rejects(at.login('alice', 'open sesame', 'sharedsecret'), code('not-authenticated'));
    at.settle({ sharedsecret: { alice: ['.*'] } }, { sharedsecret: '' });
    await assert.rejects(at.login('alice', '', 'sharedsecret'), code('not-authenticated'));
    assert.equal(at.pauses.length, 5);
    for (const pause of at.pauses) assert.ok(pause >= 750 && pause <= 1250, String(pause));
    at.settle({ sharedsecret: { alice: ['.*'] } });
    assert.equal((await at.login('alice', 'open sesame', 'sharedsecret')).user, 'alice');
    assert.deepEqual(
      at.rows().map(({ user, eauth, outcome, address }) => [user, eauth, outcome, address]),
      [
        ['alice', 'sharedsecret', 'allowed', '192.0.2.1'],
        ['alice', 'sharedsecret', 'refused', '192.0.2.1'],
        ['alice', 'sharedsecret', 'refused', '192.0.2.1'],
        ['alice', 'auto', 'refused', '192.0.2.1'],
        ['carol', 'file', 'refused', '192.0.2.1'],
        ['alice', 'file', 'refused', '192.0.2.1'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(at.rows()), /builder|open sesame/);
  });

  it('ends by logging out, by expiry, and when its backend is taken out of the configuration', async () => {
    at.settle(users({ alice: ['.*'] }));
    const [first, second] = [await at.login('alice', 'wonder'), await at.login('alice', 'wonder')];
    await at.persons.logout(first.token);
    assert.equal(await at.persons.grant(first.token), undefined);
    await assert.rejects(take(at.persons.as({ token: first.token }, FROM).run(job('*', 'test.ping'))), code('not-authenticated'));
    assert.equal((await at.persons.grant(second.token))?.user, 'alice');
    for (const token of ['', 'x', '0'.repeat(64), `${second.token} `, "' OR 1=1 --", second.token.toUpperCase().padEnd(65, 'A')])
      assert.equal(await at.persons.grant(token), undefined);
    at.settle({});
    assert.equal(await at.persons.grant(second.token), undefined);
    at.settle(users({ alice: ['.*'] }));
    at.clock += 43_199_000;
    assert.equal((await at.persons.grant(second.token))?.user, 'alice');
    at.clock += 2000;
    assert.equal(await at.persons.grant(second.token), undefined);
  });

  it('lets a user choose how long it lasts where the configuration says so, and nowhere else', async () => {
    const asked = { eauth: 'file', username: 'alice', password: 'wonder', tokenExpire: 60 };
    const cases: [unknown, number][] = [
      [false, 43200],
      [true, 60],
      [{ file: ['alice'] }, 60],
      [{ file: ['bob'], ldap: ['alice'] }, 43200],
    ];
    for (const [token_expire_user_override, seconds] of cases) {
      at.settle(users({ alice: ['.*'] }), { token_expire_user_override });
      const { start, expire } = await at.persons.login(asked, FROM);
      assert.equal(expire - start, seconds);
    }
  });

  it('keeps the permissions of the login with the token if that is configured', async () => {
    at.settle(users({ alice: ['test.*'] }), { keep_acl_in_token: true });
    const { token } = await at.login('alice', 'wonder');
    at.settle(users({ alice: ['cmd.*'] }), { keep_acl_in_token: true });
    assert.deepEqual((await at.persons.grant(token))?.perms, ['test.*']);
  });
});

describe('guessing passwords', () => {
  it('locks the account for the address that guesses, also when it then knows the password; others still get in', async () => {
    at.settle(users({ '*': ['.*'] }));
    for (let i = 0; i < 5; i += 1) await assert.rejects(at.login('alice', `guess ${i}`), code('not-authenticated'));
    await assert.rejects(at.login('alice', 'wonder'), (error: unknown) => error instanceof TooManyLogins && error.retryAfter === 300);
    assert.equal((await at.login('alice', 'wonder', 'file', { door: 'console', address: '192.0.2.2' })).user, 'alice');
    assert.equal((await at.login('bob', 'builder')).user, 'bob');
    at.clock += 300_000;
    assert.equal((await at.login('alice', 'wonder')).user, 'alice');
  });

  it('with one password over many names locks the address', async () => {
    at.settle(users({ '*': ['.*'] }));
    for (let i = 0; i < 20; i += 1) await assert.rejects(at.login(`user${i}`, 'spring2026'), code('not-authenticated'));
    await assert.rejects(at.login('alice', 'wonder'), code('too-many-logins'));
  });

  it('from many addresses locks the account for all of them', async () => {
    at.settle(users({ '*': ['.*'] }));
    const from = (n: number) => ({ door: 'api', address: `198.51.100.${n}` }) as const;
    for (let i = 0; i < 50; i += 1) await assert.rejects(at.login('alice', 'x', 'file', from(i)), code('not-authenticated'));
    await assert.rejects(at.login('alice', 'wonder', 'file', from(200)), code('too-many-logins'));
  });

  it('all at once is no way around it', async () => {
    at.settle(users({ '*': ['.*'] }));
    const tries = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => at.login('alice', i === 99 ? 'wonder' : `guess ${i}`)));
    const reached = tries.filter(
      ({ status, ...rest }) => status === 'fulfilled' || code('not-authenticated')((rest as { reason: unknown }).reason),
    );
    assert.equal(reached.length, 5);
  });
});

describe('a person', () => {
  it('runs what he may, on the minions he may, and is told in one sentence what he may not', async () => {
    const person = await at.alice({ 'web*': ['test.*'] });
    assert.deepEqual(answered(await take(person.run(job('web*', 'test.ping')))), ['web1', 'web2']);
    await assert.rejects(
      take(person.run(job('*', 'test.ping'))),
      refused(/^alice may not run test\.ping on db1, which the target includes: /),
    );
    await assert.rejects(take(person.run(job('web1', 'cmd.run', ['id']))), refused(/^alice may not run cmd\.run on these minions: /));
    await assert.rejects(take(person.runner(runner('jobs.list_jobs'))), refused(/^alice may not run jobs\.list_jobs as a runner: /));
    await assert.rejects(person.wheel('key.accept', { match: '*' }), refused(/^alice may not run key\.accept as a wheel function: /));
    assert.deepEqual(await person.preview({ kind: 'glob', expression: '*' }), ['web1', 'web2']);
    assert.deepEqual(at.called, []);
  });

  it('is checked anew at each call, so that what is taken from him is gone at once', async () => {
    const person = await at.alice('.*');
    await take(person.run(job('*', 'test.ping')));
    at.settle(users({ alice: [] }));
    await assert.rejects(take(person.run(job('*', 'test.ping'))), code('not-authorised'));
  });

  it('reaches minions by their ids, whatever a minion makes of the target, also in batches', async () => {
    const person = await at.alice({ 'web*': ['test.*'] });
    const targets = [job('web', 'test.ping', [], 'nodegroup'), job('web* and not G@os:x', 'test.ping', [], 'compound')];
    for (const request of [...targets, ...targets.map((one) => ({ ...one, batch: { size: '1' } }))]) {
      const before = at.house.sent.length;
      assert.deepEqual(answered(await take(person.run(request))), ['web1', 'web2']);
      for (const { publication } of at.house.sent.slice(before)) assert.equal(publication['tgt_type'], 'list');
    }
  });

  it('does not get around his permissions', async () => {
    const person = await at.alice(
      { 'web*': ['test.*', { 'cmd.run': { args: ['ls.*'], kwargs: { cwd: '/tmp.*' } } }] },
      { '@runner': ['jobs.*'] },
    );
    const keywords = (more: object) => ({ __kwarg__: true, ...more });
    const attacks = [
      job('db1 or web1', 'test.ping', [], 'compound'),
      job('* and not web1', 'test.ping', [], 'compound'),
      job(['web1', 'db1'], 'test.ping', [], 'list'),
      job('(web|db)1', 'test.ping', [], 'pcre'),
      job('N@web or db1', 'test.ping', [], 'compound'),
      job('web1', ['test.ping', 'cmd.run'], [[], ['id']]),
      job('web1', 'test.ping,cmd.run', [[], ['id']]),
      job('web1', 'test.ping\ncmd.run'),
      job('web1', ''),
      job('web1', []),
      job('web1', 'cmd.run', ['ls']),
      job('web1', 'cmd.run', ['rm', keywords({ cwd: '/tmp' })]),
      job('web1', 'cmd.run', ['ls', keywords({ cwd: '/root' })]),
      job('web1', 'cmd.run', ['ls', keywords({ cwd: '/tmp' }), keywords({ cwd: '/root' })]),
      job('web1', 'cmd.run', ['ls', { __kwarg__: false, cwd: '/tmp' }]),
      job('web1', 'cmd.run', ['lsx=1', 'rm -rf /', keywords({ cwd: '/tmp' })]),
      job('web1', 'cmd.run', ['ls', keywords({ cwd: '/tmp' }), 'cwd=/root']),
      job('web1', 'test.kwarg', [keywords({ __pub_user: 'root' })]),
      job('web1', 'test.kwarg', ['__pub_user=root']),
    ];
    for (const attack of attacks) {
      const before = at.house.sent.length;
      await assert.rejects(take(person.run(attack)), code('not-authorised'), JSON.stringify(attack));
      assert.equal(at.house.sent.length, before);
    }
    assert.deepEqual(answered(await take(person.run(job('web1', 'cmd.run', ['ls', keywords({ cwd: '/tmp/x' })])))), ['web1']);
    for (const fun of [
      'jobs.',
      '.jobs',
      'jobs',
      'jobs.list_jobs.x',
      'state.orchestrate',
      'jobs.list_jobs,state.orchestrate',
      '__proto__.x',
    ])
      await assert.rejects(take(person.runner(runner(fun))), code('not-authorised'), fun);
    assert.deepEqual(at.called, []);
  });

  it('with a target that means nobody sends nothing', async () => {
    const person = await at.alice({ 'web*': ['test.*'] });
    assert.deepEqual(await take(person.run(job('no*', 'test.ping'))), [{ kind: 'published', jid: undefined, minions: [] }]);
    assert.equal(at.house.sent.length, 0);
  });

  it('cannot use the token or the job of another', async () => {
    at.settle(users({ alice: [{ web1: ['test.*'] }], bob: [{ db1: ['test.*'] }] }));
    const bob = at.persons.as({ token: (await at.login('bob', 'builder')).token }, FROM);
    const [published] = await take(bob.run(job('db1', 'test.ping')));
    const jid = published?.kind === 'published' ? published.jid : '';
    const alice = at.persons.as({ token: (await at.login('alice', 'wonder')).token }, FROM);
    await assert.rejects(take(alice.run({ ...job('web1', 'test.ping'), jid: jid ?? '' })), code('jid-taken'));
    const heard = alice.events()[Symbol.asyncIterator]();
    const first = heard.next();
    await new Promise((resolve) => setImmediate(resolve));
    at.bus.fire(`salt/job/${jid}/ret/db1`, { id: 'db1', fun: 'test.ping', fun_args: [], return: true });
    at.bus.fire('salt/job/20261124010203456789/ret/web1', { id: 'web1', fun: 'test.ping', fun_args: [], return: true });
    assert.equal((await first).value.tag, 'salt/job/20261124010203456789/ret/web1');
    await heard.return?.();
  });
});

describe('roles', () => {
  it('an administrator may everything, a watcher what only reads, in his groups', async () => {
    const { users: book } = at.access;
    const made = await book.save({ name: 'ada', roles: ['administrator'] });
    assert.match(made ?? '', /^[a-z2-9]{20}$/);
    await book.save({ name: 'wim', password: 'correct horse', roles: ['watcher'], groups: ['web'] });
    const ada = await local('ada', made ?? '');
    assert.deepEqual(answered(await take(ada.run(job('*', 'cmd.run', ['id'])))), ['db1', 'web1', 'web2']);
    await ada.wheel('key.accept', { match: 'x' });
    const wim = await local('wim', 'correct horse');
    assert.deepEqual(answered(await take(wim.run(job('web*', 'test.ping')))), ['web1', 'web2']);
    for (const attempt of [
      job('db1', 'test.ping'),
      job('web1', 'cmd.run', ['id']),
      job('web1', 'file.read', ['/etc/shadow']),
      job('web1', 'custom.fun'),
    ])
      await assert.rejects(take(wim.run(attempt)), code('not-authorised'), JSON.stringify(attempt));
    await assert.rejects(take(wim.runner(runner('state.orchestrate'))), code('not-authorised'));
    await assert.rejects(take(wim.runner(runner('audit.list'))), code('not-authorised'));
    await assert.rejects(wim.wheel('key.list_all', {}), code('not-authorised'));
    for (const named of [
      { fun: 'fleet.page', args: ['db1'], kwargs: {} },
      runner('fleet.page', { minion: 'db1' }),
      runner('fleet.page', { minions: ['web1', 'db1'] }),
    ])
      await assert.rejects(take(wim.runner(named)), refused(/^wim may not ask about db1: /));
    const [, result] = await take(wim.runner(runner('fleet.page')));
    assert.deepEqual(result?.kind === 'result' && result.value, ['web1', 'web2'], 'the runner sees the fleet as the watcher does');
    assert.deepEqual((await at.persons.grant((await at.login('wim', 'correct horse', 'local')).token))?.groups, ['web']);
  });

  it('of the option speak the language of external_auth, and have members of any eauth', async () => {
    const roles = { ops: { permissions: ['service.*', '@jobs'], groups: ['web'], members: ['file:alice', 'ldap:admins%'] } };
    at.settle(users({ bob: [] }), { roles });
    const grant = await at.login('alice', 'wonder');
    assert.deepEqual([grant.roles, grant.perms, grant.groups], [['ops'], ['@jobs', 'service.*'], ['web']]);
    const alice = at.persons.as({ token: grant.token }, FROM);
    assert.deepEqual(answered(await take(alice.run(job('web1', 'service.restart', ['x'])))), ['web1']);
    await assert.rejects(take(alice.run(job('db1', 'service.restart', ['x']))), code('not-authorised'));
    assert.deepEqual((await at.login('bob', 'builder')).perms, {});
    at.house.groups.save({ name: 'ones', kind: 'glob', expression: '*1', description: '', plugins: [], watchers: [] });
    await at.access.users.save({ name: 'cy', password: 'correct horse', roles: ['ops'], groups: ['ones'] });
    const cy = await local('cy', 'correct horse');
    assert.deepEqual(await cy.preview({ kind: 'glob', expression: '*' }), ['web1'], 'in the groups of the role and of the user');
  });

  it('who is named as a watcher of a group reads in it; a name alone means a user of the master', async () => {
    at.house.groups.save({ name: 'dbs', kind: 'glob', expression: 'db*', description: '', plugins: [], watchers: ['file:alice', 'bob'] });
    at.settle(users({ '*': [] }));
    const grant = await at.login('alice', 'wonder');
    assert.deepEqual([grant.roles, grant.groups], [['watcher'], ['dbs']]);
    const alice = at.persons.as({ token: grant.token }, FROM);
    assert.deepEqual(answered(await take(alice.run(job('db1', 'test.ping')))), ['db1']);
    await assert.rejects(take(alice.run(job('db1', 'cmd.run', ['id']))), code('not-authorised'));
    await assert.rejects(take(alice.run(job('*', 'test.ping'))), code('not-authorised'));
    assert.deepEqual((await at.login('bob', 'builder')).roles, []);
    await at.access.users.save({ name: 'bob', password: 'correct horse' });
    assert.deepEqual((await at.login('bob', 'correct horse', 'local')).groups, ['dbs']);
  });

  it('users: a new password or a removal ends all logins; odd names, roles and groups are refused', async () => {
    const { users: book } = at.access;
    await book.save({ name: 'ada', password: 'first password', roles: ['administrator'] });
    const { token } = await at.login('ada', 'first password', 'local');
    await book.save({ name: 'ada', roles: ['watcher'] });
    assert.deepEqual((await at.persons.grant(token))?.roles, ['watcher']);
    await book.save({ name: 'ada', password: 'second password' });
    assert.equal(await at.persons.grant(token), undefined);
    await assert.rejects(at.login('ada', 'first password', 'local'), code('not-authenticated'));
    const later = await at.login('ada', 'second password', 'local');
    book.delete('ada');
    assert.equal(await at.persons.grant(later.token), undefined);
    assert.deepEqual(book.list(), []);
    for (const odd of [
      { name: '' },
      { name: 'a b' },
      { name: 'x', password: 'short' },
      { name: 'x', roles: ['king'] },
      { name: 'x', groups: ['none'] },
    ])
      await assert.rejects(book.save(odd), code('bad-user'), JSON.stringify(odd));
    assert.doesNotMatch(readFileSync(join(at.house.dir, 'access.db-wal'), 'latin1'), /second password/);
  });
});

describe('the audit of persons', () => {
  it('tells who did what where, allowed, refused and failed, without secrets, and not what only asks the master', async () => {
    const alice = await at.alice({ 'web*': ['user.*'] }, '@runner', '@wheel');
    await take(alice.run(job('web1', 'user.add', ['x', { __kwarg__: true, password: 'very secret' }])));
    await assert.rejects(take(alice.run(job('db1', 'user.delete', ['x']))), code('not-authorised'));
    await take(alice.runner(runner('jobs.list_jobs')));
    await take(alice.runner(runner('state.orchestrate', { mods: 'x' })));
    await alice.wheel('key.list_all', {});
    await alice.wheel('key.accept', { match: 'web3' });
    assert.deepEqual(
      at
        .rows()
        .map(({ user, eauth, door, address, action, fun, target, count, outcome }) =>
          [user, eauth, door, address, action, fun, target, count, outcome].join(' '),
        ),
      [
        'alice file api 192.0.2.1 wheel key.accept  0 allowed',
        'alice file api 192.0.2.1 runner state.orchestrate  0 failed',
        'alice file api 192.0.2.1 runner state.orchestrate  0 allowed',
        'alice file api 192.0.2.1 job user.delete db1 1 refused',
        'alice file api 192.0.2.1 job user.add web1 1 allowed',
        'alice file api 192.0.2.1 login   0 allowed',
      ],
    );
    assert.match(at.rows()[4]?.jid ?? '', /^\d{20}$/);
    assert.doesNotMatch(JSON.stringify(at.rows()), /very secret/);
    assert.equal(at.audit.store.verify().broken, undefined);
  });
});

describe('events', () => {
  const heard = async (person: PersonClient, fire: () => void, last: string): Promise<string[]> => {
    const tags: string[] = [];
    const events = person.events()[Symbol.asyncIterator]();
    let next = events.next();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    fire();
    for (let step = await next; step.done !== true; step = await next) {
      tags.push(step.value.tag);
      if (step.value.tag === last) break;
      next = events.next();
    }
    await events.return?.();
    return tags;
  };
  const fire = (): void => {
    const { bus } = at;
    bus.fire('salt/job/1/new', { fun: 'test.ping', arg: [], minions: ['web1'] });
    bus.fire('salt/job/2/new', { fun: 'cmd.run', arg: ['id'], minions: ['web1'] });
    bus.fire('salt/job/3/new', { fun: 'test.ping', arg: [], minions: ['db1', 'web1'] });
    bus.fire('salt/job/1/ret/web1', { fun: 'test.ping', fun_args: [], id: 'web1', return: true });
    bus.fire('salt/job/2/ret/web1', { fun: 'cmd.run', fun_args: ['id'], id: 'web1', return: 'root' });
    bus.fire('salt/job/3/ret/db1', { fun: 'test.ping', fun_args: [], id: 'db1', return: true });
    bus.fire('salt/run/4/ret', { fun: 'runner.jobs.list_jobs', fun_args: [], return: {} });
    bus.fire('salt/key', { id: 'web9', act: 'pend' });
    bus.fire('salt/auth', { id: 'web9', act: 'pend' });
    bus.fire('salt/beacon/db1/load', { id: 'db1' });
    bus.fire('salt/beacon/web1/load', { id: 'web1' });
    bus.fire('my/own', { secret: 'x' });
    bus.fire('salt/presence/present', { present: ['db1', 'web1'] });
    bus.fire('end', { id: 'web2' });
  };

  it('a person hears of what he could have done, on minions he may know; an administrator hears everything', async () => {
    const limited = await heard(await at.alice({ 'web*': ['test.*'] }), fire, 'end');
    assert.deepEqual(limited, ['salt/job/1/new', 'salt/job/1/ret/web1', 'salt/beacon/web1/load', 'salt/presence/present', 'end']);
    const all = await heard(await at.alice('.*', '@runner', '@wheel'), fire, 'end');
    assert.equal(all.length, 14);
    const keys = await heard(await at.alice({ 'web*': ['test.*'] }, { '@wheel': ['key.*'] }), fire, 'end');
    assert.deepEqual(
      keys.filter((tag) => !limited.includes(tag)),
      ['salt/key', 'salt/auth'],
    );
  });

  it('lists of minions are cut to those he may know', async () => {
    const events = (await at.alice({ 'web*': ['test.*'] })).events()[Symbol.asyncIterator]();
    const next = events.next();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    at.bus.fire('salt/presence/change', { new: ['db1'], lost: [] });
    at.bus.fire('salt/presence/present', { present: ['db1', 'web1'] });
    const { value } = await next;
    assert.deepEqual((value as { data: { present: unknown } }).data.present, ['web1']);
    await events.return?.();
  });

  it('end when the login has ended', async () => {
    at.settle(users({ alice: ['.*'] }));
    const { token } = await at.login('alice', 'wonder');
    const events = at.persons.as({ token }, FROM).events()[Symbol.asyncIterator]();
    const next = events.next();
    await new Promise((resolve) => setImmediate(resolve));
    await at.persons.logout(token);
    const firing = setInterval(() => at.bus.fire('salt/beacon/web1/x', { id: 'web1' }), 20);
    try {
      await next;
      await assert.rejects(async () => {
        for (;;) await events.next();
      }, code('not-authenticated'));
    } finally {
      clearInterval(firing);
    }
  });
});
