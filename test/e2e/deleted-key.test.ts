import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';
import { WireMinion } from '../support/wire-minion.ts';

suite('the key of a minion is deleted', () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt', { auto_accept: false });
    await house.startMaster();
    for (const [id, suite] of [
      ['native1', 'native'],
      ['salt1', 'salt'],
    ] as const)
      house.addMinion('tsalt', id, { suite });
    await accept('native1', 'salt1');
    await house.answering('native1', 'salt1');
  });
  after(() => house[Symbol.asyncDispose]());

  const accept = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      await until(`${id} waits`, async () => (await house.tool('key', ['-L', '--out=json'])).stdout.includes(`"${id}"`));
      await house.tool('key', ['-y', '-a', id]);
    }
  };
  const secretsRead = async (spy: WireMinion, word: string, from: number): Promise<boolean> => {
    const jobs = await spy.readable(from);
    return jobs.some((job) => JSON.stringify(job['arg']).includes(word));
  };

  for (const kind of ['native', 'salt'] as const) {
    test(`it reads no publication 2 s later, and no request of it is answered (suite ${kind})`, async () => {
      const joining = WireMinion.join(house.ports.request, `spy-${kind}`, kind);
      await accept(`spy-${kind}`);
      await using spy = await joining;
      await until('it hears and reads what is published', async () => {
        await house.cli('-L', 'native1,salt1', 'test.echo', 'hello');
        return await secretsRead(spy, 'hello', 0);
      });
      assert.deepEqual(await spy.ask({ cmd: '_file_envs' }), ['base']);

      const deleted = await house.tool('key', ['-y', '-d', spy.id]);
      assert.match(deleted.stdout, new RegExp(`Key for minion ${spy.id} deleted`));
      let words = 0;
      await until(
        'it cannot read any more',
        async () => {
          words += 1;
          const [from, word] = [spy.heard, `secret${words}`];
          const results = await house.results('-L', 'native1,salt1', 'test.echo', word);
          assert.deepEqual(results, { native1: word, salt1: word }, 'the others still get their jobs');
          await until('it hears the frames', async () => spy.heard > from);
          return !(await secretsRead(spy, word, from));
        },
        2,
      );
      await assert.rejects(spy.ask({ cmd: '_file_envs' }));
      await assert.rejects(spy.ask({ cmd: '_return', id: spy.id, jid: '20260101000000000000', fun: 'test.ping', return: true }));
    });
  }

  test('its daemon does not take jobs any more, and is there again when its new request is accepted', async () => {
    await house.tool('key', ['-y', '-d', 'native1']);
    const { stdout, code } = await house.cli('native1', 'test.ping');
    assert.match(stdout, /No minions matched the target/);
    assert.equal(code, 2);
    assert.deepEqual(await house.results('*', 'test.ping'), { salt1: true });
    await accept('native1');
    await house.answering('native1', 'salt1');
  });
});
