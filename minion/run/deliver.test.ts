import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TimedOut } from '../../protocol/errors.ts';
import type { Message, SuiteName } from '../../protocol/suites/suite.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { MasterLink } from '../link/contract.ts';
import { Delivery } from './deliver.ts';
import { lostLoad } from './load.ts';
import { Spool } from './spool.ts';

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A master that answers from a script; then nil. */
class Scripted implements MasterLink {
  readonly master = 'm';
  readonly suite: SuiteName;
  readonly got: Message[] = [];
  readonly #answers: unknown[];
  constructor(answers: unknown[], suite: SuiteName = 'native') {
    this.#answers = answers;
    this.suite = suite;
  }
  async ask(load: Message): Promise<unknown> {
    this.got.push(load);
    const answer = this.#answers.length > 0 ? this.#answers.shift() : null;
    if (answer instanceof Error) throw answer;
    return answer;
  }
}
const withDelivery = async (link: Scripted, run: (delivery: Delivery, spool: Spool) => Promise<void>): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-deliver-'));
  const spool = new Spool(join(dir, 'spool'), { returnBytes: 4 << 20, bytes: 8 << 20, ageMs: 60_000 }, () =>
    assert.fail('nothing is dropped'),
  );
  const delivery = new Delivery(spool, link, { timeoutMs: 10, timeoutMaxMs: 10, pauseMs: 5 }, LOG);
  try {
    await run(delivery, spool);
  } finally {
    await delivery.close();
    spool.close();
    rmSync(dir, { recursive: true });
  }
};
const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
};
const load = (jid: string): Message => ({ cmd: '_return', jid, return: true, success: true });

test('an acknowledged return leaves the spool', async () => {
  const link = new Scripted([]);
  await withDelivery(link, async (delivery, spool) => {
    await delivery.give('1', load('1'));
    await until(() => spool.owed().length === 0);
    assert.deepEqual(
      link.got.map(({ jid }) => jid),
      ['1'],
    );
  });
});

test('silence keeps a return and those after it, and all are delivered in their order', async () => {
  const link = new Scripted([new TimedOut('x'), new TimedOut('x')]);
  await withDelivery(link, async (delivery, spool) => {
    await delivery.give('1', load('1'));
    await until(() => link.got.length === 1);
    await delivery.give('2', load('2'));
    await until(() => spool.owed().length === 0);
    assert.deepEqual([...new Set(link.got.map(({ jid }) => jid))], ['1', '2']);
    assert.equal(link.got.at(-1)?.['jid'], '2');
  });
});

test('a question that the old connection swallowed does not make a master away that has answered since', async () => {
  let lose: (why: Error) => void = () => assert.fail('nobody asked');
  const link = new Scripted([new Promise((_, reject) => (lose = reject))]);
  await withDelivery(link, async (delivery, spool) => {
    await delivery.give('1', load('1'));
    await until(() => link.got.length === 1);
    delivery.wake();
    await until(() => spool.owed().length === 0);
    lose(new TimedOut('x'));
    // Until whatever follows from that is over, the writing to the disk included.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await delivery.give('2', load('2'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(
      link.got.map(({ jid }) => jid),
      ['1', '1', '2'],
    );
  });
});

test('a return that the master cannot store does not hold up the next one', async () => {
  const link = new Scripted(['']);
  await withDelivery(link, async (delivery, spool) => {
    await delivery.give('1', load('1'));
    await until(() => link.got.length === 1);
    await delivery.give('2', load('2'));
    await until(() => spool.owed().length === 0);
    assert.deepEqual(
      link.got.slice(0, 2).map(({ jid }) => jid),
      ['1', '2'],
    );
    assert.equal(link.got.at(-1)?.['jid'], '1');
  });
});

test('what cannot be packed is thrown at the one who gives it', async () => {
  await withDelivery(new Scripted([]), async (delivery) => {
    await assert.rejects(delivery.give('1', { ...load('1'), return: () => 1 }), { code: 'not-packable' });
  });
});

test('when the disk refuses a return it is sent all the same', async () => {
  const link = new Scripted([]);
  await withDelivery(link, async (delivery, spool) => {
    spool.close();
    await delivery.give('1', load('1'));
    assert.deepEqual(
      link.got.map(({ jid }) => jid),
      ['1'],
    );
  });
});

test('a lost job is told in the words of each master', async () => {
  for (const suite of ['native', 'salt'] as const) {
    const link = new Scripted([], suite);
    await withDelivery(link, async (delivery, spool) => {
      await delivery.give('1', lostLoad('web1', '1', 'test.ping', 'restarted', new Date(0)));
      await until(() => spool.owed().length === 0);
      const [told] = link.got;
      if (suite === 'native') assert.deepEqual(told, { cmd: '_job_state', jid: '1', state: 'lost', reason: 'restarted' });
      else
        assert.deepEqual(
          [told?.['cmd'], told?.['success'], told?.['retcode'], told !== undefined && 'lost' in told],
          ['_return', false, 1, false],
        );
    });
  }
});

test('a return above the bound is thrown at the one who gives it, with its size and the bound', async () => {
  await withDelivery(new Scripted([]), async (delivery, spool) => {
    await assert.rejects(delivery.give('1', { ...load('1'), return: 'x'.repeat(5 << 20) }), {
      code: 'return-too-big',
      message: /52429\d\d bytes, more than the 4194304 of return_max_size/,
    });
    assert.deepEqual(spool.owed(), []);
  });
});

test('a large return that the master never takes, though it answers, becomes an error return', async () => {
  const link = new (class extends Scripted {
    override async ask(told: Message): Promise<unknown> {
      await super.ask(told);
      if (told['return'] instanceof Packed && told['return'].bytes.length > 1 << 20) throw new TimedOut('x');
      return null;
    }
  })([]);
  await withDelivery(link, async (delivery, spool) => {
    await delivery.give('1', { ...load('1'), return: 'x'.repeat(2 << 20) });
    await until(() => spool.owed().length === 0);
    const told = link.got.at(-1);
    assert.ok(told?.['return'] instanceof Packed);
    assert.match(String(decode(told['return'].bytes)), /too big to be carried: the master m answers, but not to these 2097\d\d\d bytes/);
    assert.deepEqual([told['jid'], told['success'], told['retcode']], ['1', false, 1]);
  });
});

test('a large return waits for a master that is away', async () => {
  const link = new Scripted(Array.from({ length: 9 }, () => new TimedOut('x')));
  await withDelivery(link, async (delivery, spool) => {
    await delivery.give('1', { ...load('1'), return: 'x'.repeat(2 << 20) });
    await until(() => spool.owed().length === 0);
    const told = link.got.at(-1);
    assert.deepEqual([told?.['jid'], told?.['success']], ['1', true]);
  });
});
