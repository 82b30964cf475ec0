import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import { BadFrame } from '../../errors.ts';

/*
 * Salt's symmetric box: IV, AES-192-CBC, then HMAC-SHA256 over both. The plaintext begins with `pickle::`,
 * in replies followed by the 32 characters of the request's nonce, then msgpack.
 */

const AES_BYTES = 24;
const HMAC_BYTES = 32;
const IV_BYTES = 16;
const MARK = Buffer.from('pickle::');

/** A new key as it travels and is stored: base64 of 56 random bytes, 76 characters. */
export const newKeyText = (): string => randomBytes(AES_BYTES + HMAC_BYTES).toString('base64');

/** Whether a text has the form of a key. */
export const isKeyText = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= 80 && Buffer.from(text, 'base64').length === AES_BYTES + HMAC_BYTES;

export class Crypticle {
  readonly #aes: KeyObject;
  readonly #hmac: KeyObject;

  /** @throws BadFrame when `keyText` is not the base64 of 56 bytes. */
  constructor(keyText: string) {
    if (!isKeyText(keyText)) throw new BadFrame('a symmetric key of 56 bytes in base64 was expected');
    const key = Buffer.from(keyText, 'base64');
    this.#aes = createSecretKey(key.subarray(0, AES_BYTES));
    this.#hmac = createSecretKey(key.subarray(AES_BYTES));
  }

  /** Boxes msgpack; `nonce` is set in front of it in replies. */
  seal(packed: Uint8Array, nonce = ''): Buffer {
    const iv = nextIv();
    const cipher = createCipheriv('aes-192-cbc', this.#aes, iv);
    const head = nonce === '' ? MARK : Buffer.concat([MARK, Buffer.from(nonce)]);
    const box = Buffer.concat([iv, cipher.update(head), cipher.update(packed), cipher.final()]);
    return Buffer.concat([box, this.#tag(box)]);
  }

  /** The msgpack in a box, with what nonce there is still in front. @throws BadFrame unless the HMAC is right. */
  open(box: Uint8Array): Buffer {
    const end = box.length - HMAC_BYTES;
    if (end < 2 * IV_BYTES || end % IV_BYTES !== 0) throw new BadFrame(`${box.length} bytes are no encrypted load`);
    if (!timingSafeEqual(this.#tag(box.subarray(0, end)), box.subarray(end))) throw new BadFrame('the HMAC of an encrypted load is wrong');
    const decipher = createDecipheriv('aes-192-cbc', this.#aes, box.subarray(0, IV_BYTES));
    const plain = Buffer.concat([decipher.update(box.subarray(IV_BYTES, end)), finish(decipher)]);
    if (!plain.subarray(0, MARK.length).equals(MARK)) throw new BadFrame('an encrypted load does not begin as Salt begins it');
    return plain.subarray(MARK.length);
  }

  /** As `open`, for a reply: the nonce in front must be `nonce`. @throws BadFrame */
  openReply(box: Uint8Array, nonce: string): Buffer {
    const plain = this.open(box);
    if (plain.toString('latin1', 0, nonce.length) !== nonce) throw new BadFrame('a reply does not carry the nonce of its request');
    return plain.subarray(nonce.length);
  }

  #tag(bytes: Uint8Array): Buffer {
    return createHmac('sha256', this.#hmac).update(bytes).digest();
  }
}

function finish(decipher: ReturnType<typeof createDecipheriv>): Buffer {
  try {
    return decipher.final();
  } catch (error) {
    throw new BadFrame('an encrypted load is padded wrongly', error);
  }
}

/** IVs are drawn many at a time: one call into the generator for each costs more than the encryption. */
const pool = Buffer.alloc(256 * IV_BYTES);
let drawn = pool.length;

function nextIv(): Buffer {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += IV_BYTES;
  return Buffer.from(pool.subarray(drawn - IV_BYTES, drawn));
}
