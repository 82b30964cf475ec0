import type { KeyObject } from 'node:crypto';
import { BadFrame, WrongPeer } from '../../errors.ts';
import { cleanPem, fingerprint, privateKeyOf } from '../salt/keys.ts';
import type { Admission, Exchange, Message, MinionSuite } from '../suite.ts';
import { type Curves, publicKeyObject, tweetnacl } from './curves.ts';
import { KnownEpochs } from './epochs.ts';
import { NotNative } from './errors.ts';
import { bytesField, countField } from './fields.ts';
import { KIND, unwrap } from './frames.ts';
import { type Identity, pemOf } from './identity.ts';
import { type Introduction, openJoined, sealJoin } from './join.ts';
import { checkEndorsement, helloFrame, type Offer, readOffer } from './offer.ts';
import { NativeSession } from './session.ts';

export { EpochUnknown, NotNative, SessionLost } from './errors.ts';

export interface NativeMinionOptions {
  readonly id: string;
  readonly identity: Identity;
  /** The master's Ed25519 key as pinned (SPKI PEM). Without it, and without the next two, the first master is trusted. */
  readonly pinned?: string;
  /** `master_finger`: one fingerprint, or several apart by commas or spaces; one of them must be the master's. */
  readonly masterFinger?: string;
  /** The master's RSA key as pinned by salt-minion (SPKI PEM): a master not pinned yet must be endorsed by it. */
  readonly pinnedRsa?: string;
  /** Called once, with the key of the first master that accepts this minion (SPKI PEM). */
  readonly pin?: (publicKey: string) => void | Promise<void>;
  /** An enrolment token; it is sent, sealed, until this minion is accepted. */
  readonly token?: string;
  readonly autosignGrains?: Readonly<Record<string, unknown>>;
  /** PEM of the private RSA key by which this machine was a salt-minion (`minion.pem`); proved until it is accepted. */
  readonly predecessor?: string;
  /** Default `tweetnacl`. */
  readonly curves?: Curves;
}

/**
 * The minion's half. One suite serves one master for as long as the process lives: it remembers what was published.
 * @throws TsaltError `bad-key` when `predecessor` holds no RSA key
 */
export function createNativeMinionSuite(options: NativeMinionOptions): MinionSuite {
  return new NativeMinionSuite(options);
}

class NativeMinionSuite implements MinionSuite {
  readonly name = 'native';
  readonly #options: NativeMinionOptions;
  readonly #curves: Curves;
  readonly #predecessor: KeyObject | undefined;
  readonly #epochs = new KnownEpochs();
  #pinned: string | undefined;
  #accepted = false;

  constructor(options: NativeMinionOptions) {
    this.#options = options;
    this.#curves = options.curves ?? tweetnacl;
    this.#pinned = options.pinned === undefined ? undefined : cleanPem(options.pinned);
    this.#predecessor = options.predecessor === undefined ? undefined : privateKeyOf(options.predecessor);
  }

  /** @throws NotNative besides what the contract names. */
  async join(exchange: Exchange): Promise<Admission> {
    const first = unwrap(await exchange(helloFrame()));
    if (first === undefined || first[0] !== KIND.prekey) throw new NotNative();
    const { offer, answer } = await this.#introduce(exchange, first);
    switch (answer.body['verdict']) {
      case 'accepted':
        return await this.#admitted(offer, answer);
      case 'pending':
      case 'full':
        return { verdict: answer.body['verdict'] };
      case 'rejected':
      case 'denied':
        return { verdict: 'rejected' };
      default:
        throw new BadFrame('the master answered the join with a verdict that is not known here');
    }
  }

  /** Joins under the offered prekey; when that is gone meanwhile, once more under the one offered instead. */
  async #introduce(exchange: Exchange, first: Buffer): Promise<{ offer: Offer; answer: Joined }> {
    const attempt = async (load: Buffer): Promise<{ offer: Offer; answer: Joined } | Buffer> => {
      const offer = this.#checked(readOffer(this.#curves, load));
      const keys = this.#curves.agreementKeys();
      const { frame, link } = sealJoin(this.#curves, offer, keys, this.#introduction());
      const reply = unwrap(await exchange(frame));
      if (reply === undefined) throw new BadFrame('the master refused the join');
      return reply[0] === KIND.prekey ? reply : { offer, answer: openJoined(this.#curves, offer.master, keys, link, reply) };
    };
    const outcome = await attempt(first);
    const again = Buffer.isBuffer(outcome) ? await attempt(outcome) : outcome;
    if (Buffer.isBuffer(again)) throw new BadFrame('the master changed its prekey twice while this minion joined');
    return again;
  }

  /** Nothing of ours is sent before this has passed. @throws WrongPeer */
  #checked(offer: Offer): Offer {
    const key = pemOf(offer.master);
    const { masterFinger, pinnedRsa } = this.#options;
    if (this.#pinned !== undefined && key !== this.#pinned) {
      throw new WrongPeer(`the master's key ${fingerprint(key)} is not the one pinned here, ${fingerprint(this.#pinned)}`);
    }
    if (masterFinger !== undefined && !fingers(masterFinger).includes(fingerprint(key))) {
      throw new WrongPeer(`the master's key ${fingerprint(key)} is not the one master_finger names, ${masterFinger}`);
    }
    if (this.#pinned === undefined && masterFinger === undefined && pinnedRsa !== undefined) checkEndorsement(offer, pinnedRsa);
    return offer;
  }

  #introduction(): Introduction {
    const { id, identity, token, autosignGrains } = this.#options;
    if (this.#accepted) return { id, identity };
    return {
      id,
      identity,
      ...(token === undefined ? {} : { token }),
      ...(autosignGrains === undefined ? {} : { autosignGrains }),
      ...(this.#predecessor === undefined ? {} : { predecessor: this.#predecessor }),
    };
  }

  async #admitted(offer: Offer, { body, secret }: Joined): Promise<Admission> {
    const session = bytesField(body, 'session', 16);
    const publishPort = countField(body, 'publish_port', 65_535);
    const number = countField(body, 'number', 2 ** 48);
    const epoch = bytesField(body, 'epoch', 8).toString('hex');
    if (this.#pinned === undefined) await this.#options.pin?.(pemOf(offer.master));
    this.#pinned = pemOf(offer.master);
    this.#accepted = true;
    // To a process that has just begun, what was published before is stale; one that was here may still have it queued.
    this.#epochs.learn(epoch, bytesField(body, 'group', 32), this.#epochs.empty ? number : 0);
    const master = publicKeyObject('ed25519', offer.master);
    return { verdict: 'accepted', session: new NativeSession(this.#options.id, session, secret, master, this.#epochs), publishPort };
  }
}

type Joined = { readonly body: Message; readonly secret: Buffer };

const fingers = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((finger) => finger !== '');
