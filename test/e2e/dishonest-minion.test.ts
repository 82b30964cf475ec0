import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { connect } from '../../master/client/connect.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { decodeEnvelope, encodeEnvelope } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { AttackedHouse } from '../support/attacked-house.ts';
import { COMMANDS, damaged, HONEST, load } from '../support/hostile.ts';
import { until } from '../support/process.ts';
import type { WireMinion } from '../support/wire-minion.ts';

const SECRET = 'nobody may read this';

suite('a minion that is accepted misuses its session', () => {
  let under: AttackedHouse;
  before(async () => {
    under = await AttackedHouse.open((house) => {
      writeFileSync(join(house.home, 'secret.txt'), SECRET);
      house.serve('open.txt', 'everybody may read this');
      house.servePillar('top.sls', `base:\n  ${HONEST}:\n    - secret\n`);
      house.servePillar('secret.sls', `secret: ${SECRET}\n`);
    });
  });
  after(() => under[Symbol.asyncDispose]());

  for (const kind of ['salt', 'native'] as const) {
    const attacker = (): WireMinion => (kind === 'salt' ? under.salt : under.native);

    test(`random requests of a minion are answered (suite ${kind})`, async () => {
      const property = fc.asyncProperty(fc.constantFrom(...COMMANDS), load, async (cmd, rest) => {
        assert.ok((await attacker().send(attacker().seal({ ...rest, cmd }).frame)).length > 0);
      });
      await fc.assert(property, {
        numRuns: 300,
        examples: [
          ['_return', {}],
          ['_minion_event', { events: [null] }],
        ],
      });
      await under.ordinary();
    });

    test(`a request with one bit changed, cut or longer, does nothing else than the request (suite ${kind})`, async () => {
      const data = { kept: 'as it was' };
      const property = fc.asyncProperty(fc.nat(), fc.nat(7), fc.constantFrom('flip', 'cut', 'grow'), async (at, bit, how) => {
        const { frame } = attacker().seal({ cmd: '_mine', data, id: attacker().id });
        assert.ok((await attacker().send(damaged(frame, at, bit, how))).length > 0);
      });
      await fc.assert(property, { numRuns: 150 });
      const found = await attacker().ask({ cmd: '_mine_get', tgt: '*', fun: 'kept', tgt_type: 'glob' });
      for (const value of Object.values(found as object)) assert.equal(value, 'as it was');
      await under.ordinary();
    });

    test(`a request that is sent twice is done once (suite ${kind})`, async () => {
      const first = attacker().seal({ cmd: '_mine', data: { turn: 'first' } });
      const second = attacker().seal({ cmd: '_mine', data: { turn: 'second' } });
      for (const { frame } of [first, second, first, first]) await attacker().send(frame);
      const mine = (await attacker().ask({ cmd: '_mine_get', tgt: attacker().id, fun: 'turn', tgt_type: 'glob' })) as Message;
      assert.equal(mine[attacker().id], 'second');
      await under.ordinary();
    });

    test(`a minion that says it is another stays itself (suite ${kind})`, async () => {
      await attacker().ask({ cmd: '_mine', id: HONEST, data: { 'test.forged': 'forged' } });
      const mine = (await attacker().ask({ cmd: '_mine_get', id: HONEST, tgt: '*', fun: 'test.forged', tgt_type: 'glob' })) as Message;
      assert.equal(HONEST in mine, false);
      const jid = await under.house.start(HONEST, 'test.sleep', '3');
      await attacker().ask({ cmd: '_return', id: HONEST, jid, fun: 'test.sleep', return: 'forged', retcode: 0, success: true });
      const result = await until('the honest return is there', async () => {
        const found = await under.house.runner<{ Result: Record<string, { return: unknown }> }>('jobs.list_job', jid);
        return Object.keys(found.Result).length > 0 && found.Result;
      });
      assert.deepEqual(Object.keys(result), [HONEST]);
      assert.equal(result[HONEST]?.return, true);
      await under.ordinary();
    });

    test(`a return for no job that is known, or of a minion it was not sent to, leaves no trace (suite ${kind})`, async () => {
      const unknown = '20260101000000000000';
      await attacker().ask({ cmd: '_return', id: attacker().id, jid: unknown, fun: 'test.ping', return: 'forged', retcode: 0 });
      assert.deepEqual(await under.house.runner('jobs.lookup_jid', unknown), {});
      const jid = await under.house.start(HONEST, 'test.echo', 'honest');
      for (const odd of [jid, `${jid}/../x`, '../../x', 'req\0', '', null, 7])
        await attacker().send(attacker().seal({ cmd: '_return', id: attacker().id, jid: odd, fun: 'test.echo', return: 'forged' }).frame);
      await until('the honest return is there', async () => HONEST in (await under.house.runner('jobs.lookup_jid', jid)));
      assert.deepEqual(await under.house.runner('jobs.lookup_jid', jid), { [HONEST]: 'honest' });
      await under.ordinary();
    });

    test(`nobody gets what is another's: its pillar, its jobs, its mine (suite ${kind})`, async () => {
      for (const id of [HONEST, ['x'], null, '*']) {
        const pillar = await attacker().askPrivately({ cmd: '_pillar', id, grains: { id: HONEST }, saltenv: 'base', ver: '2', ext: '' });
        assert.equal(JSON.stringify(pillar).includes(SECRET), false);
      }
      const jid = await under.house.start(HONEST, 'test.echo', SECRET);
      await until('it returned', async () => HONEST in (await under.house.runner('jobs.lookup_jid', jid)));
      for (const cmd of ['pub_ret', 'minion_pub', 'minion_publish', 'minion_runner']) {
        for (const fun of ['jobs.lookup_jid', 'test.echo', ['test.ping', 'test.echo']]) {
          const answer = await attacker().ask({ cmd, id: HONEST, jid, fun, arg: [jid], tgt: '*', tgt_type: 'glob', ret: '', tmo: 1 });
          assert.deepEqual({ ...(answer as object) }, {}, `${cmd} ${fun}`);
        }
      }
      await under.ordinary();
    });

    test(`events that only the master may fire are dropped (suite ${kind})`, async () => {
      const owned = ['salt/key', 'salt/auth', 'salt/run/20260101000000000000/ret', `salt/job/20260101000000000000/ret/${HONEST}`];
      owned.push('salt/wheel/x', 'salt/presence/change', `salt/minion/${HONEST}/start`, `minion/refresh/${HONEST}`, 'salt/job/1/new');
      await using client = await connect(under.house.client);
      const marker = `over/${kind}`;
      const tags: string[] = [];
      const listening = (async () => {
        for await (const { tag } of client.events('*')) {
          tags.push(tag);
          if (tag === marker) return;
        }
      })();
      await until('events are heard', async () => {
        await attacker().ask({ cmd: '_minion_event', tag: 'are/you/there', data: {} });
        return tags.includes('are/you/there');
      });
      for (const tag of owned) {
        await attacker().ask({ cmd: '_minion_event', tag, data: { act: 'accept', id: HONEST } });
        await attacker().ask({ cmd: '_minion_event', events: [{ tag, data: {} }] });
        const [pretag = '', ...rest] = tag.split('/');
        await attacker().ask({ cmd: '_minion_event', pretag, events: [{ tag: rest.join('/'), data: {} }] });
      }
      await attacker().ask({ cmd: '_minion_event', tag: marker, data: {} });
      await listening;
      assert.deepEqual(
        tags.filter((tag) => owned.includes(tag)),
        [],
      );
      await under.ordinary();
    });

    test(`no path leads out of the file roots (suite ${kind})`, async () => {
      const paths = ['../secret.txt', 'x/../../secret.txt', '/../secret.txt', './../secret.txt', '....//secret.txt', '..\\secret.txt'];
      paths.push(
        join(under.house.home, 'secret.txt'),
        `//${under.house.home}/secret.txt`,
        'open.txt\0../secret.txt',
        '../master/root/pki/master.pem',
      );
      paths.push('%2e%2e/secret.txt', '|../secret.txt', 'open.txt/../../secret.txt', 'salt://../secret.txt', '~/secret.txt', '');
      for (const path of paths) {
        for (const saltenv of ['base', '..', '../..', '__env__', '/', under.house.home]) {
          for (const cmd of ['_serve_file', '_file_hash', '_file_hash_and_stat', '_file_find', '_file_list', '_serve_files']) {
            const answer = await attacker().ask({ cmd, path, saltenv, loc: 0, prefix: path, files: [{ path }] });
            const text = Buffer.from(encode(answer)).toString('latin1');
            assert.equal(text.includes(SECRET) || text.includes('PRIVATE KEY'), false, `${cmd} ${path} ${saltenv}`);
            if (cmd === '_file_find') assert.equal((answer as Message)['path'], '', path);
          }
        }
      }
      const honest = (await attacker().ask({ cmd: '_serve_file', path: 'open.txt', saltenv: 'base', loc: 0 })) as Message;
      assert.match(Buffer.from(honest['data'] as Uint8Array).toString(), /everybody/);
      await under.ordinary();
    });

    test(`no target or pattern takes long (suite ${kind})`, async () => {
      const evil = ['(a+)+$', '(a|a)*b', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){30}b', 'a{1,1000}{1,1000}', `${'('.repeat(5000)}`];
      for (const pattern of evil) {
        await attacker().ask({ cmd: '_mine_get', tgt: pattern, fun: 'x', tgt_type: 'pcre' });
        await attacker().ask({ cmd: '_mine_get', tgt: `E@${pattern}`, fun: 'x', tgt_type: 'compound' });
        await attacker().ask({ cmd: '_mine_get', tgt: `id:${pattern}`, fun: 'x', tgt_type: 'grain_pcre' });
      }
      for (const pattern of [`${'*a'.repeat(30)}b`, '['.repeat(10_000), '{a,b}'.repeat(500)])
        await attacker().ask({ cmd: '_mine_get', tgt: pattern, fun: 'x', tgt_type: 'glob' });
      await attacker().ask({ cmd: '_mine_get', tgt: `${'( '.repeat(20_000)}`, fun: 'x', tgt_type: 'compound' });
      await attacker().ask({ cmd: '_mine_get', tgt: 'not '.repeat(20_000), fun: 'x', tgt_type: 'compound' });
      await under.ordinary();
    });
  }

  test('a minion under the session key of its own cannot speak in the envelope of another', async () => {
    const { frame } = under.salt.seal({ cmd: '_file_envs' });
    const answer = await under.send(encodeEnvelope({ ...decodeEnvelope(frame), id: HONEST }));
    assert.equal(decode(answer), 'bad load');
    await under.ordinary();
  });
});
