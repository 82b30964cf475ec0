import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Handed, type JobResult, type Outlet, ReturnerAway, type ReturnerCtx, returner } from '../../modules/define.ts';
import { aResult, returnersOf } from '../../test/contracts/returner.ts';
import { until } from '../../test/support/process.ts';
import { returnerOptions } from './options.ts';
import { roughSize } from './size.ts';

/** A returner that keeps what it is sent, unless `act` does otherwise. */
function keeper(act: (batch: readonly Handed<JobResult>[], ctx: ReturnerCtx) => Promise<void> = async () => undefined) {
  const batches: string[][] = [];
  const opened: ReturnerCtx[] = [];
  let closed = 0;
  const definition = returner({
    name: 'keep',
    doc: 'Keeps results.',
    example: '',
    options: { where: { type: 'string', default: 'here', doc: 'a place' } },
    open: (_options, ctx): Outlet => {
      opened.push(ctx);
      return {
        send: async (batch) => {
          await act(batch, ctx);
          batches.push(batch.map(({ what }) => what.id));
        },
        close: () => {
          closed += 1;
        },
      };
    },
  });
  return { definition, batches, opened, closed: () => closed };
}

describe('returners', () => {
  it('get in one batch what came while the one before was under way, in order', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const kept = keeper(() => gate);
    const { returners } = returnersOf({ returner: kept.definition, config: {} });
    for (const id of ['a', 'b', 'c', 'd']) {
      returners.hand(['keep'], aResult(id, 1));
      if (id === 'a') await until('it is under way', async () => kept.opened.length === 1);
    }
    open();
    await returners.settle(5000);
    assert.deepEqual(kept.batches, [['a'], ['b', 'c', 'd']]);
    await returners.close();
    assert.equal(kept.closed(), 1);
  });

  it('that hang are broken off, opened anew for the next, and hold up nobody', async () => {
    let first = true;
    const kept = keeper(async () => {
      if (first) await new Promise(() => (first = false));
    });
    const { returners, logged } = returnersOf({ returner: kept.definition, config: {} }, { timeoutMs: 50 });
    returners.hand(['keep'], aResult('a', 1));
    await until('it is told', async () => logged.length > 0);
    returners.hand(['keep'], aResult('b', 1));
    await returners.settle(5000);
    assert.deepEqual(kept.batches, [['b']]);
    assert.equal(kept.opened[0]?.signal.aborted, true);
    assert.equal(kept.opened[1]?.signal.aborted, false);
    assert.deepEqual(logged, ['the returner keep failed, 1 result did not get there: it took longer than 0.05 s']);
    await returners.close();
  });

  it('that fail lose the results that fail alone, too, and no other', async () => {
    const kept = keeper(async (batch) => {
      if (batch.some(({ what }) => what.return === 'bad')) throw new Error('bad value');
    });
    const { returners, logged } = returnersOf({ returner: kept.definition, config: {} });
    for (const [id, value] of [
      ['a', 1],
      ['b', 'bad'],
      ['c', 1],
      ['d', 'bad'],
    ] as const)
      returners.hand(['keep'], aResult(id, value));
    await returners.settle(5000);
    await returners.close();
    assert.deepEqual(kept.batches.flat(), ['a', 'c']);
    assert.deepEqual(logged, Array(2).fill('the returner keep failed, 1 result did not get there: bad value'));
  });

  it('that are away lose the oldest beyond the bound, and the log says how many', async () => {
    let away = true;
    const kept = keeper(async () => {
      if (away) throw new ReturnerAway('nobody there');
    });
    const { returners, logged } = returnersOf({ returner: kept.definition, config: {} }, { items: 3 });
    for (let i = 0; i < 8; i += 1) returners.hand(['keep'], aResult(`r${i}`, i));
    await until('it is told', async () => logged.some((text) => text.includes('away')));
    away = false;
    await returners.settle(10_000);
    await returners.close();
    assert.deepEqual(kept.batches.flat(), ['r5', 'r6', 'r7']);
    const dropped = logged.flatMap((text) => (/too much waiting: (\d+) results? w/.exec(text) ?? [])[1] ?? []);
    assert.equal(
      dropped.map(Number).reduce((sum, count) => sum + count),
      5,
    );
    assert.equal(logged.filter((text) => text === 'the returner keep is away, 3 results wait: nobody there').length, 1);
    assert.equal(logged.filter((text) => text === 'the returner keep is back').length, 1);
  });

  it('are bounded by bytes, too', async () => {
    const kept = keeper(async () => {
      throw new ReturnerAway('nobody there');
    });
    const { returners, logged } = returnersOf({ returner: kept.definition, config: {} }, { bytes: 100_000 });
    for (let i = 0; i < 5; i += 1) returners.hand(['keep'], aResult(`r${i}`, 'x'.repeat(20_000)));
    await returners.settle(0);
    await returners.close();
    assert.match(logged.join('\n'), /keep did not take 2 results before the end/);
    assert.ok(roughSize({ a: 'x'.repeat(1000), b: [1, Buffer.alloc(500)] }) > 2500);
  });

  it('that there are not, or that are not configured, are named with the reason', async () => {
    const needs = returner({
      name: 'needs',
      doc: 'x',
      example: 'x',
      options: { host: { type: 'string', required: true, doc: 'x' } },
      open: () => ({ send: async () => undefined }),
    });
    const { returners, logged } = returnersOf({ returner: needs, config: {} });
    returners.hand(['needs', 'nosuch'], aResult('a', 1, { jid: 'J' }));
    await returners.settle(1000);
    await returners.close();
    assert.deepEqual(logged.sort(), [
      'the returner needs did not get the return of job J: it is not configured: needs.host is missing',
      'the returner nosuch did not get the return of job J: there is no such returner',
    ]);
  });

  it('are asked back only if they can', async () => {
    const { returners } = returnersOf({ returner: keeper().definition, config: {} });
    await assert.rejects(returners.ask('keep', 'jid', '1'), /the returner keep cannot read back/);
    await returners.close();
  });
});

describe('options of returners', () => {
  const definition = returner({
    name: 'db',
    doc: 'x',
    example: 'x',
    prefixes: ['returner.db', 'db'],
    options: {
      host: { type: 'string', required: true, doc: 'x' },
      port: { type: 'number', default: 1, doc: 'x' },
      list: { type: 'list', default: [], doc: 'x' },
    },
    open: () => ({ send: async () => undefined }),
  });
  const read = (config: Readonly<Record<string, unknown>>, profile = '', kwargs = {}) => ({
    ...returnerOptions(definition, (name) => config[name], { profile, kwargs }),
  });

  it('are found in a map or by dotted names, under the first prefix that has them, in the type they have', () => {
    assert.deepEqual(read({ 'db.host': 'a', 'returner.db': { port: '7' }, 'db.port': 8, 'db.list': 'x,y' }), {
      host: 'a',
      port: 7,
      list: ['x', 'y'],
    });
    assert.deepEqual(read({ db: 'short' }), { host: 'short', port: 1, list: [] });
  });

  it('come from --return_config first, and from --return_kwargs before that', () => {
    const config = { 'db.host': 'a', 'db.port': 2, 'other.db.host': 'b', 'other.returner.db': { list: [1] } };
    assert.deepEqual(read(config, 'other'), { host: 'b', port: 2, list: [1] });
    assert.deepEqual(read(config, 'other', { port: 9, unknown: 1 }), { host: 'b', port: 9, list: [1] });
    assert.deepEqual(read(config, 'nosuch'), { host: 'a', port: 2, list: [] });
  });

  it('of a wrong type, or missing, are named', () => {
    assert.throws(() => read({ 'db.host': 'a', 'db.port': 'x' }), /returner\.db\.port must be a number, not x/);
    assert.throws(() => read({}), /it is not configured: returner\.db\.host is missing/);
  });
});
