import assert from 'node:assert/strict';
import fc from 'fast-check';
import { zeromq } from '../../protocol/transports/zeromq.ts';
import { HONEST } from './hostile.ts';
import { House } from './house.ts';
import { WireMinion } from './wire-minion.ts';

const ANSWER_MS = 60_000;

/** A master with one honest minion and an accepted one of each suite inside the test that may say anything. */
export class AttackedHouse implements AsyncDisposable {
  readonly house: House;
  readonly salt: WireMinion;
  readonly native: WireMinion;
  readonly #pid: number;
  #words = 0;

  private constructor(house: House, salt: WireMinion, native: WireMinion) {
    this.house = house;
    this.salt = salt;
    this.native = native;
    this.#pid = house.master.pid;
  }

  /** `prepare` runs before the master starts. */
  static async open(prepare: (house: House) => void = () => undefined): Promise<AttackedHouse> {
    const house = await House.open('tsalt', { auto_accept: true, request_max_size: 1_000_000 });
    prepare(house);
    await house.startMaster();
    house.addMinion('tsalt', HONEST);
    const [salt, native] = await Promise.all([
      WireMinion.join(house.ports.request, 'wire-salt', 'salt'),
      WireMinion.join(house.ports.request, 'wire-native', 'native'),
    ]);
    await house.answering(HONEST);
    return new AttackedHouse(house, salt, native);
  }

  /** What anybody may ask for is done as ever, by the same process. */
  async ordinary(): Promise<void> {
    this.#words += 1;
    const word = `word${this.#words}`;
    assert.deepEqual(await this.house.results(HONEST, 'test.echo', word), { [HONEST]: word });
    for (const minion of [this.salt, this.native]) assert.deepEqual(await minion.ask({ cmd: '_file_envs' }), ['base'], minion.id);
    assert.equal(this.house.master.running && this.house.master.pid === this.#pid, true, 'the master is the same process');
  }

  /** Sends a frame that no session sealed. @throws TimedOut when it is not answered, for its sender would hang */
  async send(frame: Uint8Array): Promise<Uint8Array> {
    const wire = zeromq.requester({ address: `tcp://127.0.0.1:${this.house.ports.request}` });
    try {
      return await wire.request(frame, { timeoutMs: ANSWER_MS });
    } finally {
      await wire[Symbol.asyncDispose]();
    }
  }

  /** Sends many such frames and wants an answer to each. */
  async answered<T>(values: fc.Arbitrary<T>, frameOf: (value: T) => Uint8Array, runs: number): Promise<void> {
    const property = fc.asyncProperty(values, async (value) => {
      assert.ok((await this.send(frameOf(value))).length > 0);
    });
    await fc.assert(property, { numRuns: runs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.salt[Symbol.asyncDispose]();
    await this.native[Symbol.asyncDispose]();
    await this.house[Symbol.asyncDispose]();
  }
}
