import { TsaltError } from '../../protocol/errors.ts';
import { fingerprint, newKeyPair } from '../../protocol/suites/salt/keys.ts';
import { isMinionId } from '../keys/ids.ts';
import { FOLDERS } from '../keys/pki-directory.ts';
import { publicHalf } from '../keys/public-half.ts';
import type { KeyLists, Selection } from '../keys/ring.ts';
import type { KeyStore } from '../keys/store.ts';
import { type Kwargs, WheelArguments } from './arguments.ts';

export interface KeyWheelDeps {
  readonly keys: KeyStore;
  readonly pkiDir: string;
  /** Salt's `hash_type`, for fingerprints. */
  readonly hashType: string;
  /** Without `_master`; the master's key files are named after it. */
  readonly masterId: string;
  /** How new minions reach this master, `HOST` or `HOST:PORT`. */
  readonly joinAddress: string;
  /** The fingerprint a joining tsalt-minion pins, of the key this master shows it. */
  readonly joinFinger: () => string | Promise<string>;
}

export type WheelFunction = (kwargs: Kwargs) => Promise<unknown>;

/** Those that only look. */
export const READING: ReadonlySet<string> = new Set(
  ['list_all', 'list', 'glob_match', 'print', 'key_str', 'finger', 'finger_all', 'finger_master', 'master_key_str'].map(
    (name) => `key.${name}`,
  ),
);

const KEYSIZE_MIN = 2048;
const KEYSIZE_MAX = 8192;

/**
 * The wheel functions `key.*`, with Salt's arguments by name and Salt's results.
 * @throws TsaltError `bad-arguments` naming the argument
 */
export function keyWheel(deps: KeyWheelDeps): Readonly<Record<string, WheelFunction>> {
  const { keys } = deps;
  const hashType = (fun: string, kwargs: Kwargs): string => new WheelArguments(fun, kwargs).optionalText('hash_type') ?? deps.hashType;
  const print: WheelFunction = async (kwargs) => keys.ring.print(new WheelArguments('key.print', kwargs).globs('match'));
  return {
    'key.list_all': async () => keys.list(),
    'key.list': async (kwargs) => listStatus(keys.list(), new WheelArguments('key.list', kwargs).text('match')),
    'key.glob_match': async (kwargs) => keys.match(new WheelArguments('key.glob_match', kwargs).globs('match')),
    'key.accept': async (kwargs) => accept(keys, 'key.accept', kwargs),
    'key.accept_dict': async (kwargs) => accept(keys, 'key.accept_dict', kwargs),
    'key.reject': async (kwargs) => reject(keys, 'key.reject', kwargs),
    'key.reject_dict': async (kwargs) => reject(keys, 'key.reject_dict', kwargs),
    'key.delete': async (kwargs) => keys.delete(selectionOf('key.delete', kwargs)),
    'key.delete_dict': async (kwargs) => keys.delete(selectionOf('key.delete_dict', kwargs)),
    'key.print': print,
    'key.key_str': print,
    'key.finger': async (kwargs) => {
      const args = new WheelArguments('key.finger', kwargs);
      return keys.ring.finger(args.globs('match'), args.optionalText('hash_type') ?? deps.hashType);
    },
    'key.finger_all': async (kwargs) => keys.ring.finger('*', hashType('key.finger_all', kwargs)),
    'key.finger_master': async (kwargs) => fingerMaster(deps, hashType('key.finger_master', kwargs)),
    'key.master_key_str': async () => ({ local: { [`${deps.masterId}.pub`]: await masterPub(deps) } }),
    'key.gen': async (kwargs) => generate(new WheelArguments('key.gen', kwargs).wholeNumber('keysize', KEYSIZE_MIN)),
    'key.gen_accept': async (kwargs) => generateAccepted(keys, new WheelArguments('key.gen_accept', kwargs)),
    'key.token': async (kwargs) => token(deps, kwargs),
  };
}

/** Globs under `match`, or for the `_dict` functions lists of ids by folder. */
function selectionOf(fun: string, kwargs: Kwargs): Selection {
  const args = new WheelArguments(fun, kwargs);
  return fun.endsWith('_dict') ? { dict: args.lists('match', FOLDERS) } : args.globs('match');
}

function accept(keys: KeyStore, fun: string, kwargs: Kwargs): Partial<KeyLists> {
  const args = new WheelArguments(fun, kwargs);
  return keys.accept(selectionOf(fun, kwargs), { rejected: args.flag('include_rejected'), denied: args.flag('include_denied') });
}

function reject(keys: KeyStore, fun: string, kwargs: Kwargs): Partial<KeyLists> {
  const args = new WheelArguments(fun, kwargs);
  return keys.reject(selectionOf(fun, kwargs), { accepted: args.flag('include_accepted'), denied: args.flag('include_denied') });
}

/** By the beginning of a status, as Salt reads it; an unknown one gives nothing. */
function listStatus(lists: KeyLists, match: string): Partial<KeyLists> {
  if (match.startsWith('acc')) return { minions: lists.minions };
  if (match.startsWith('pre') || match.startsWith('un')) return { minions_pre: lists.minions_pre };
  if (match.startsWith('rej')) return { minions_rejected: lists.minions_rejected };
  if (match.startsWith('den')) return { minions_denied: lists.minions_denied };
  return match.startsWith('all') ? lists : {};
}

async function masterPub({ pkiDir }: KeyWheelDeps): Promise<string> {
  const pem = await publicHalf(pkiDir, 'master');
  if (pem === undefined) throw new TsaltError('no-master-key', `${pkiDir}/master.pub does not exist; the master makes it when it starts`);
  return pem;
}

async function fingerMaster(deps: KeyWheelDeps, hashType: string): Promise<unknown> {
  return { local: { 'master.pub': fingerprint(await masterPub(deps), hashType) } };
}

async function generate(keysize: number): Promise<{ priv: string; pub: string }> {
  if (keysize > KEYSIZE_MAX) throw new TsaltError('bad-arguments', `keysize: ${keysize} is more than ${KEYSIZE_MAX}`);
  const { privatePem, publicPem } = await newKeyPair(Math.max(keysize, KEYSIZE_MIN));
  return { priv: privatePem, pub: publicPem };
}

/** Makes a pair whose public half is accepted; nothing, as in Salt, when the id has a key already. */
async function generateAccepted(keys: KeyStore, args: WheelArguments): Promise<unknown> {
  const [id_, keysize] = [args.text('id_'), args.wholeNumber('keysize', KEYSIZE_MIN)];
  if (!isMinionId(id_)) throw new TsaltError('bad-minion-id', `key.gen_accept: ${JSON.stringify(id_).slice(0, 80)} cannot be a minion id`);
  if (keys.ring.knows(id_) && !args.flag('force')) return {};
  const pair = await generate(keysize);
  keys.ring.preseed(id_, pair.pub);
  return pair;
}

/** A one-time enrolment token, and the line to paste on the new machine. */
async function token(deps: KeyWheelDeps, kwargs: Kwargs): Promise<unknown> {
  const args = new WheelArguments('key.token', kwargs);
  const [pattern, ttl] = [args.optionalText('for'), args.optionalNumber('ttl')];
  const finger = await deps.joinFinger();
  const made = deps.keys.createToken({ ...(pattern === undefined ? {} : { for: pattern }), ...(ttl === undefined ? {} : { ttl }) });
  const line = `tsalt-minion --join ${deps.joinAddress} --token ${made.token} --finger ${finger}`;
  return { token: made.token, line, expires: made.expires.toISOString() };
}
