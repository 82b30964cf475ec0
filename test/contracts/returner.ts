import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../kernel/loader/host.ts';
import type { Bounds } from '../../kernel/returners/outbox.ts';
import { Returners } from '../../kernel/returners/returners.ts';
import type { AnyReturner, ArgTable, JobResult, Returnable } from '../../modules/define.ts';
import { newJid } from '../../protocol/jid.ts';
import { until } from '../support/process.ts';

/** The system behind a returner, as it really is, and what the returner needs to reach it. */
export interface ReturnerHouse extends AsyncDisposable {
  readonly returner: AnyReturner;
  /** As in a minion's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What arrived there: by minion id the value of its last result. Numbers may come back as floats. */
  received(): Promise<ReadonlyMap<string, unknown>>;
  /** Only numbers arrive (`carbon`). */
  readonly numbersOnly?: boolean;
  /** Take the system away and bring it back, for those that can be away. */
  readonly away?: () => Promise<void>;
  readonly back?: () => Promise<void>;
}

const BOUNDS: Bounds = { items: 1000, bytes: 1 << 24, timeoutMs: 30_000 };

export const aResult = (id: string, value: Returnable, parts: Readonly<Record<string, Returnable>> = {}): JobResult => ({
  id,
  jid: newJid(),
  fun: 'test.value',
  fun_args: [],
  success: true,
  retcode: 0,
  ...parts,
  return: value,
});

/** The returners of a daemon that has this one alone. Its log is in `logged`. */
export function returnersOf({ returner, config }: Pick<ReturnerHouse, 'returner' | 'config'>, bounds: Partial<Bounds> = {}) {
  const logged: string[] = [];
  const note = (text: string): void => void logged.push(text);
  const returners = new Returners({
    id: 'm1',
    host: createHost(() => ({})),
    find: async (name) => (name === returner.name ? returner : { refused: 'there is no such returner' }),
    lookup: (name) => config[name],
    bounds: () => ({ ...BOUNDS, ...bounds }),
    log: { debug: () => undefined, info: note, warn: note, error: note },
  });
  return { returners, logged };
}

/** What every returner promises (see `modules/define.ts`), run against real systems made by `build`. */
export function returnerContract(name: string, build: () => Promise<ReturnerHouse>): void {
  const inHouse = (title: string, story: (house: ReturnerHouse) => Promise<void>): void => {
    it(title, { timeout: 120_000 }, async () => {
      await using house = await build();
      await story(house);
    });
  };
  const arrived = async (house: ReturnerHouse, count: number): Promise<ReadonlyMap<string, unknown>> =>
    await until(`${count} results arrive`, async () => {
      const found = await house.received();
      return found.size >= count ? found : undefined;
    });

  describe(`returner ${name}`, () => {
    inHouse('documents itself and each of its options', async ({ returner }) => {
      assert.equal(returner.name, name);
      assert.notEqual(returner.doc, '');
      assert.notEqual(returner.example, '');
      for (const [option, { doc }] of Object.entries(returner.options as ArgTable)) assert.notEqual(doc, '', option);
    });

    inHouse('hands on a result, and all that were handed over at once', async (house) => {
      const { returners, logged } = returnersOf(house);
      returners.hand([name], aResult('web0', 0));
      for (let i = 1; i < 30; i += 1) returners.hand([name], aResult(`web${i}`, i));
      await returners.settle(20_000);
      const found = await arrived(house, 30);
      for (let i = 0; i < 30; i += 1) assert.equal(Number(found.get(`web${i}`)), i);
      await returners.close();
      assert.deepEqual(logged, []);
    });

    inHouse('hands on what waits when it is closed', async (house) => {
      const { returners, logged } = returnersOf(house);
      returners.hand([name], aResult('last', 7));
      await returners.settle(20_000);
      await returners.close();
      assert.equal(Number((await arrived(house, 1)).get('last')), 7);
      assert.deepEqual(logged, []);
    });

    inHouse('hands on what is hard to write', async (house) => {
      const { returners, logged } = returnersOf(house);
      const odd = house.numbersOnly
        ? 2.5
        : { 'a key': ['ä 日本 \u0001 "\' \\', null, true, -1.5, { deep: { er: [] } }], bytes: Buffer.from('raw') };
      returners.hand([name], aResult('odd', odd));
      await returners.settle(20_000);
      const value = (await arrived(house, 1)).get('odd');
      assert.deepEqual(value, house.numbersOnly ? odd : { ...(odd as object), bytes: 'raw' });
      await returners.close();
      assert.deepEqual(logged, []);
    });

    inHouse('keeps what it cannot hand on while the system is away, and says both', async (house) => {
      if (house.away === undefined || house.back === undefined) return;
      const { returners, logged } = returnersOf(house);
      returners.hand([name], aResult('before', 1));
      await returners.settle(20_000);
      await arrived(house, 1);
      await house.away();
      returners.hand([name], aResult('during', 2));
      returners.hand([name], aResult('during-too', 3));
      await until('it is told', async () => logged.some((text) => text.includes(`the returner ${name} is away`)));
      await house.back();
      const found = await arrived(house, 3);
      assert.deepEqual(
        ['before', 'during', 'during-too'].map((id) => Number(found.get(id))),
        [1, 2, 3],
      );
      await until('it is told', async () => logged.some((text) => text === `the returner ${name} is back`));
      await returners.close();
    });
  });
}
