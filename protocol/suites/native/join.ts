import type { KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { decodeMessage, isMessage } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import { cleanPem, publicPemOf } from '../salt/keys.ts';
import type { Message } from '../suite.ts';
import { derive, nonceOf, open, seal, sha256 } from './aead.ts';
import type { AgreementKeys, Curves } from './curves.ts';
import { bytesField, optionalText, textField } from './fields.ts';
import { asBuffer, KIND, wrap } from './frames.ts';
import type { Identity } from './identity.ts';
import { type Offer, VERSIONS } from './offer.ts';
import { rsaSign, rsaVerify, statement } from './proof.ts';

/** What a minion says of itself; only the master can read it. */
export interface Introduction {
  readonly id: string;
  readonly identity: Identity;
  readonly token?: string;
  readonly autosignGrains?: Readonly<Record<string, unknown>>;
  /** The RSA key by which this machine was a salt-minion. */
  readonly predecessor?: KeyObject;
}

/** A join as the master has verified it. */
export interface Application {
  readonly id: string;
  /** Ed25519, 32 bytes: the peer holds the private half. */
  readonly key: Buffer;
  readonly token?: string;
  readonly autosignGrains?: Readonly<Record<string, unknown>>;
  /** SPKI PEM of the RSA key whose private half the peer holds as well. */
  readonly predecessor?: string;
}

/** What both ends hold once the join was said and heard. */
export interface Link {
  /** Of the minion: X25519, 32 bytes. */
  readonly ephemeral: Uint8Array;
  /** The first secret: minion's ephemeral key with the master's prekey. */
  readonly shared: Uint8Array;
  /** Hash of all that was said so far. */
  readonly transcript: Buffer;
}

const HEAD = 1 + 8 + 32;
const MAX = 65_536;
const BEGIN = Buffer.from('tsalt native 1');

/** Seals a join to the master that made `offer`. */
export function sealJoin(curves: Curves, offer: Offer, keys: AgreementKeys, who: Introduction): { frame: Buffer; link: Link } {
  const head = Buffer.concat([Buffer.of(KIND.join), offer.id, keys.publicKey]);
  const shared = curves.agree(keys, offer.prekey);
  const begun = sha256(BEGIN, sha256(offer.load), head);
  const body = encode(bodyOf(who));
  const about = sha256(begun, body);
  const proofs = {
    body,
    sig: curves.sign(who.identity, statement('join', about)),
    ...(who.predecessor === undefined ? {} : { rsa_sig: rsaSign(who.predecessor, statement('predecessor', about)) }),
  };
  const sealed = seal(derive(shared, begun, 'join'), nonceOf(0), head, encode(proofs));
  const frame = wrap(head, ...sealed);
  return { frame, link: { ephemeral: keys.publicKey, shared, transcript: sha256(begun, ...sealed) } };
}

const bodyOf = ({ id, identity, token, autosignGrains, predecessor }: Introduction): Message => ({
  id,
  key: identity.raw,
  versions: VERSIONS,
  token,
  autosign_grains: autosignGrains,
  rsa: predecessor === undefined ? undefined : publicPemOf(predecessor),
});

/** Which prekey a join is written under. @throws BadFrame when it is too short or too long for a join. */
export function prekeyNamedBy(load: Buffer): { id: Buffer; ephemeral: Buffer } {
  if (load.length <= HEAD || load.length > MAX) throw new BadFrame(`a join of ${load.length} bytes`);
  return { id: load.subarray(1, 9), ephemeral: load.subarray(9, HEAD) };
}

/** The master's half of a prekey. */
export interface Prekey {
  readonly keys: AgreementKeys;
  readonly offer: Buffer;
}

/** Opens a join and checks its signatures. @throws BadFrame */
export function openJoin(curves: Curves, prekey: Prekey, load: Buffer): { application: Application; link: Link } {
  const { ephemeral } = prekeyNamedBy(load);
  const head = load.subarray(0, HEAD);
  const shared = curves.agree(prekey.keys, ephemeral);
  const begun = sha256(BEGIN, sha256(prekey.offer), head);
  const plain = open(derive(shared, begun, 'join'), nonceOf(0), head, load.subarray(HEAD));
  const application = verified(curves, begun, decodeMessage(plain, { bytesAt: ['body', 'sig', 'rsa_sig'] }));
  return { application, link: { ephemeral: Buffer.from(ephemeral), shared, transcript: sha256(begun, load.subarray(HEAD)) } };
}

function verified(curves: Curves, begun: Buffer, proofs: Message): Application {
  const encoded = bytesField(proofs, 'body');
  const about = sha256(begun, encoded);
  const body = decodeMessage(encoded, { bytesAt: ['key'] });
  const key = bytesField(body, 'key', 32);
  if (!curves.verify(key, statement('join', about), bytesField(proofs, 'sig', 64))) throw new BadFrame('a join that its key did not sign');
  checkVersion(body);
  return {
    id: textField(body, 'id'),
    key,
    ...given('token', optionalText(body, 'token')),
    ...given('autosignGrains', grainsOf(body)),
    ...given('predecessor', predecessorOf(body, proofs, about)),
  };
}

const given = <Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value });

/** Nobody on the way may have struck a better version off the hello. */
function checkVersion(body: Message): void {
  const spoken = Array.isArray(body['versions']) ? body['versions'] : [];
  if (VERSIONS.find((version) => spoken.includes(version)) !== 1) throw new BadFrame('a join in another version than the best both speak');
}

function grainsOf(body: Message): Message | undefined {
  const grains = body['autosign_grains'];
  if (grains === undefined || grains === null) return undefined;
  if (!isMessage(grains)) throw new BadFrame('autosign_grains is not a map');
  return grains;
}

function predecessorOf(body: Message, proofs: Message, about: Buffer): string | undefined {
  const text = optionalText(body, 'rsa');
  if (text === undefined) return undefined;
  const pem = cleanPem(text);
  const holds = rsaVerify(pem, statement('predecessor', about), bytesField(proofs, 'rsa_sig'));
  if (holds === false) throw new BadFrame('a join whose RSA key did not sign it');
  return holds === true ? pem : undefined;
}

/** What the master answers to a join, whatever the verdict. */
export interface Answer {
  readonly frame: Buffer;
  /** What a session's keys come from; both ephemeral keys are in it. */
  readonly secret: Buffer;
}

const ANSWER_HEAD = 1 + 32;

/** Answers a join: the body is sealed to the minion's ephemeral key and signed over everything said. */
export function sealJoined(curves: Curves, identity: Identity, link: Link, body: Message): Answer {
  const keys = curves.agreementKeys();
  const head = Buffer.concat([Buffer.of(KIND.joined), keys.publicKey]);
  const both = Buffer.concat([link.shared, curves.agree(keys, link.ephemeral)]);
  const heard = sha256(link.transcript, head);
  const encoded = encode(body);
  const about = sha256(heard, encoded);
  const plain = encode({ body: encoded, sig: curves.sign(identity, statement('joined', about)) });
  return { frame: wrap(head, ...seal(derive(both, heard, 'joined'), nonceOf(0), head, plain)), secret: derive(both, about, 'session') };
}

/** Opens the answer to a join. `master`: its raw Ed25519 key. @throws BadFrame */
export function openJoined(
  curves: Curves,
  master: Uint8Array,
  keys: AgreementKeys,
  link: Link,
  load: Uint8Array,
): { body: Message; secret: Buffer } {
  const bytes = asBuffer(load);
  if (bytes.length <= ANSWER_HEAD || bytes[0] !== KIND.joined) throw new BadFrame('this is not an answer to a join');
  const head = bytes.subarray(0, ANSWER_HEAD);
  const both = Buffer.concat([link.shared, curves.agree(keys, head.subarray(1))]);
  const heard = sha256(link.transcript, head);
  const plain = open(derive(both, heard, 'joined'), nonceOf(0), head, bytes.subarray(ANSWER_HEAD));
  const proofs = decodeMessage(plain, { bytesAt: ['body', 'sig'] });
  const encoded = bytesField(proofs, 'body');
  const about = sha256(heard, encoded);
  if (!curves.verify(master, statement('joined', about), bytesField(proofs, 'sig', 64))) {
    throw new BadFrame('the answer to the join is not signed by the master');
  }
  return {
    body: decodeMessage(encoded, { bytesAt: ['session', 'epoch', 'group'] }),
    secret: derive(both, about, 'session'),
  };
}
