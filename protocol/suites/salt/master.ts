import type { KeyObject } from 'node:crypto';
import { messageOf } from '../../errors.ts';
import { isMessage } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import type { MasterSuite, Message, Opened } from '../suite.ts';
import { idIsNoText, MASTER_FAILED, NO_MAP, NOTHING, NULL_IN_ID } from './answers.ts';
import { Enrolment } from './enrolment.ts';
import { privateKeyOf } from './keys.ts';
import type { SaltMasterOptions } from './master-options.ts';
import { Publisher } from './publisher.ts';
import { Refused } from './refused.ts';
import { Requests } from './requests.ts';

/** The master's half of Salt's own protocol. @throws TsaltError `bad-key` when the master's key is no RSA key. */
export const createSaltMasterSuite = (options: SaltMasterOptions): MasterSuite => new SaltMasterSuite(options);

class SaltMasterSuite implements MasterSuite {
  readonly name = 'salt';
  readonly #options: SaltMasterOptions;
  readonly #publisher: Publisher;
  readonly #requests: Requests;
  readonly #enrolment: Enrolment;
  readonly #minimumVersion: number;

  constructor(options: SaltMasterOptions) {
    const key: KeyObject = privateKeyOf(options.privateKeyPem);
    const signing = options.signPubMessages === false ? undefined : (options.publishSigningAlgorithm ?? 'PKCS1v15-SHA1');
    this.#options = options;
    this.#minimumVersion = options.minimumAuthVersion ?? 3;
    this.#publisher = new Publisher(key, options.publishState, signing);
    this.#requests = new Requests(key, options, this.#publisher);
    this.#enrolment = new Enrolment(key, options, this.#publisher);
  }

  async open(envelope: Message): Promise<Opened> {
    try {
      return await this.#dispatch(envelope);
    } catch (error) {
      this.#report(envelope, error);
      return answer(error instanceof Refused ? error.frame : MASTER_FAILED);
    }
  }

  #report(envelope: Message, error: unknown): void {
    const { id, load } = envelope;
    const claimed = id ?? (isMessage(load) ? load['id'] : undefined);
    const refusal = { claimedId: typeof claimed === 'string' ? claimed.slice(0, 255) : undefined, reason: messageOf(error) };
    this.#options.onRefusal?.(error instanceof Refused ? refusal : { ...refusal, error });
  }

  async #dispatch(envelope: Message): Promise<Opened> {
    const version = versionOf(envelope['version']);
    if (version < this.#minimumVersion)
      throw new Refused(`protocol version ${version} is below minimum_auth_version ${this.#minimumVersion}`);
    if (envelope['enc'] === 'aes') return this.#requests.open(envelope, version);
    if (envelope['enc'] === 'clear') return this.#clear(envelope['load'], version);
    throw new Refused(`enc is neither clear nor aes`);
  }

  /** Commands of users (`publish`, `runner`, ...) are not the suite's: whoever serves them takes them before. */
  async #clear(load: unknown, version: number): Promise<Opened> {
    if (!isMessage(load)) throw new Refused('the load is no map', NO_MAP);
    const id = load['id'] ?? '';
    if (typeof id !== 'string' || load['id'] === null) throw new Refused('the id is no text', idIsNoText(load['id']));
    if (id.includes('\0')) throw new Refused('the id contains a null byte', NULL_IN_ID);
    if (load['cmd'] === '_auth') return this.#enrolment.answer(load, version);
    return answer(load['cmd'] === 'ping' ? encode(load) : NOTHING);
  }

  sealPublish(job: Message): Uint8Array {
    return this.#publisher.seal(job);
  }

  async rotate(): Promise<void> {
    this.#publisher.rotate();
  }

  forget(id: string): void {
    this.#requests.forget(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#publisher.close();
    this.#options.sessions.flush?.();
  }
}

const answer = (frame: Uint8Array): Opened => ({ kind: 'answer', frame });

function versionOf(version: unknown): number {
  const number = typeof version === 'string' || typeof version === 'bigint' ? Number(version) : version;
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : 0;
}
