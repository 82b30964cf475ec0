import type { KeyObject } from 'node:crypto';
import { BadFrame, WrongPeer } from '../../errors.ts';
import { decodeMessage } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import { cleanPem, publicPemOf } from '../salt/keys.ts';
import type { Message } from '../suite.ts';
import { sha256 } from './aead.ts';
import type { Curves } from './curves.ts';
import { bytesField, countField, optionalText } from './fields.ts';
import { KIND, wrap } from './frames.ts';
import type { Identity } from './identity.ts';
import { rsaSign, rsaVerify, statement } from './proof.ts';

/** The versions of this suite that this code speaks, best first. */
export const VERSIONS: readonly number[] = [1];

/** The first frame of all: the same for every minion, it says nothing but which versions are spoken. */
export const helloFrame = (): Buffer => wrap(encode({ versions: VERSIONS }));

/** What the master shows to whoever says hello: who it is, and a short-lived key to write to it under. */
export interface Offer {
  /** Names the prekey, 8 bytes. */
  readonly id: Buffer;
  /** X25519, 32 bytes. */
  readonly prekey: Buffer;
  /** The master's Ed25519 key, 32 bytes. */
  readonly master: Buffer;
  /** The very bytes of the offer: the first link of the transcript. */
  readonly load: Buffer;
  readonly endorsement?: Endorsement;
}

/** The master's RSA key says: this Ed25519 key is mine too. For minions that pinned the RSA key before they moved here. */
export interface Endorsement {
  /** SPKI PEM, stripped. */
  readonly pem: string;
  readonly signature: Buffer;
}

export const endorse = (rsa: KeyObject, master: Uint8Array): Endorsement => ({
  pem: publicPemOf(rsa),
  signature: rsaSign(rsa, statement('endorsement', master)),
});

/** The load of an offer, signed once and then sent to everybody for as long as the prekey lives. */
export function offerLoad(curves: Curves, identity: Identity, id: Buffer, prekey: Uint8Array, endorsement?: Endorsement): Buffer {
  const sig = curves.sign(identity, offered(id, prekey, identity.raw));
  const rsa = endorsement === undefined ? {} : { rsa: endorsement.pem, rsa_sig: endorsement.signature };
  return Buffer.concat([Buffer.of(KIND.prekey), encode({ version: 1, id, prekey, master: identity.raw, sig, ...rsa })]);
}

/** Reads and verifies an offer. @throws BadFrame */
export function readOffer(curves: Curves, load: Buffer): Offer {
  const message = decodeMessage(load.subarray(1), { bytesAt: ['id', 'prekey', 'master', 'sig', 'rsa_sig'] });
  if (!VERSIONS.includes(countField(message, 'version', 255))) throw new BadFrame('the master chose a version that was not asked for');
  const [id, prekey, master] = [bytesField(message, 'id', 8), bytesField(message, 'prekey', 32), bytesField(message, 'master', 32)];
  if (!curves.verify(master, offered(id, prekey, master), bytesField(message, 'sig', 64))) {
    throw new BadFrame("the master's offer is not signed by the key it names");
  }
  return { id, prekey, master, load: Buffer.from(load), ...endorsementOf(message) };
}

function endorsementOf(message: Message): { endorsement?: Endorsement } {
  const pem = optionalText(message, 'rsa');
  return pem === undefined ? {} : { endorsement: { pem, signature: bytesField(message, 'rsa_sig') } };
}

/** @throws WrongPeer unless the offer is endorsed by the RSA key `pinned` (SPKI PEM). */
export function checkEndorsement(offer: Offer, pinned: string): void {
  const { endorsement } = offer;
  const known = endorsement !== undefined && cleanPem(endorsement.pem) === cleanPem(pinned);
  if (!known || rsaVerify(endorsement.pem, statement('endorsement', offer.master), endorsement.signature) !== true) {
    throw new WrongPeer('the master cannot show that it is the one whose RSA key is pinned in minion_master.pub');
  }
}

const offered = (id: Uint8Array, prekey: Uint8Array, master: Uint8Array): Buffer => statement('prekey', sha256(id, prekey, master));
