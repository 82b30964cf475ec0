import { BadFrame, messageOf, WrongPeer } from '../../errors.ts';
import type { Message } from '../suite.ts';
import { cleanPem, fingerprint } from './keys.ts';
import type { SaltMinionOptions } from './minion-options.ts';
import { isSigned, rsaPublicKey, type SigningAlgorithm } from './rsa.ts';

interface Trust {
  readonly masterPem: string;
  /** Whether this key is new and to be written down once the answer has passed its checks. */
  readonly pin: boolean;
}

/**
 * Whether the key a master shows is one to talk to: the pinned one, one with the fingerprint asked for, one
 * vouched for by the signing key, or the first ever seen. @throws WrongPeer
 */
export function decideMaster(answer: Message, pinned: string | undefined, options: SaltMinionOptions, signing: SigningAlgorithm): Trust {
  const offered = answer['pub_key'];
  if (typeof offered !== 'string') throw new BadFrame('the master shows no key');
  const masterPem = cleanPem(offered);
  readable(masterPem);
  checkFinger(masterPem, options);
  const vouched = vouchedFor(answer, masterPem, options, signing);
  if (pinned === masterPem) return { masterPem, pin: false };
  if (pinned === undefined || vouched) return { masterPem, pin: true };
  throw new WrongPeer(
    `the master shows another key (${fingerprint(masterPem)}) than the one pinned (${fingerprint(pinned)}); if the master was set up anew, remove minion_master.pub`,
  );
}

function readable(pem: string): void {
  try {
    rsaPublicKey(pem, true);
  } catch (error) {
    throw new BadFrame(`the master's key: ${messageOf(error)}`, error);
  }
}

function checkFinger(masterPem: string, { masterFinger, hashType }: SaltMinionOptions): void {
  if (masterFinger === undefined || masterFinger === '') return;
  const shown = fingerprint(masterPem, hashType);
  if (shown !== masterFinger.trim().toLowerCase())
    throw new WrongPeer(`the master's key has the fingerprint ${shown}, but master_finger is ${masterFinger}`);
}

/** As in Salt, master and minion must agree on whether the master's key is signed. */
function vouchedFor(answer: Message, masterPem: string, { masterSigningKey }: SaltMinionOptions, signing: SigningAlgorithm): boolean {
  const signature = answer['pub_sig'];
  if (masterSigningKey === undefined && signature === undefined) return false;
  if (masterSigningKey === undefined)
    throw new WrongPeer('the master signs its key (master_sign_pubkey), but verify_master_pubkey_sign is not set here');
  if (typeof signature !== 'string') throw new WrongPeer('verify_master_pubkey_sign is set, but the master does not sign its key');
  const vouched = isSigned(rsaPublicKey(masterSigningKey, true), Buffer.from(masterPem), Buffer.from(signature, 'base64'), signing);
  if (!vouched) throw new WrongPeer("the signature of the master's key is not by the signing key known here");
  return true;
}
