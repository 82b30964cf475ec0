import { z } from 'zod';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { fingerprint, newKeyPair } from '../../protocol/suites/salt/keys.ts';
import { isMinionId } from '../keys/ids.ts';
import { FOLDERS } from '../keys/pki-directory.ts';
import { publicHalf } from '../keys/public-half.ts';
import type { KeyLists, Selection } from '../keys/ring.ts';
import type { KeyStore } from '../keys/store.ts';

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

type Kwargs = Readonly<Record<string, unknown>>;
export type WheelFunction = (kwargs: Kwargs) => Promise<unknown>;

const KEYSIZE_MIN = 2048;
const KEYSIZE_MAX = 8192;

const globs = z.union([z.string(), z.number().transform(String), z.array(z.coerce.string())]);
const flag = z.boolean().default(false);
const shapes = {
  list: z.object({ match: z.string() }),
  match: z.object({ match: globs }),
  change: z.object({ match: globs, include_accepted: flag, include_rejected: flag, include_denied: flag }),
  dict: z.object({ match: z.unknown(), include_accepted: flag, include_rejected: flag, include_denied: flag }),
  finger: z.object({ match: globs, hash_type: z.string().nullish() }),
  hash: z.object({ hash_type: z.string().nullish() }),
  gen: z.object({ id_: z.string().nullish(), keysize: z.coerce.number().int().default(KEYSIZE_MIN) }),
  genAccept: z.object({ id_: z.string(), keysize: z.coerce.number().int().default(KEYSIZE_MIN), force: flag }),
  token: z.object({ for: z.string().optional(), ttl: z.coerce.number().optional() }),
};

/**
 * The wheel functions `key.*`, with Salt's arguments by name and Salt's results.
 * @throws TsaltError `bad-arguments` naming the argument
 */
export function keyWheel(deps: KeyWheelDeps): Readonly<Record<string, WheelFunction>> {
  const { keys } = deps;
  const print: WheelFunction = async (kwargs) => keys.ring.print(read('key.print', shapes.match, kwargs).match);
  return {
    'key.list_all': async () => keys.list(),
    'key.list': async (kwargs) => listStatus(keys.list(), read('key.list', shapes.list, kwargs).match),
    'key.glob_match': async (kwargs) => keys.match(read('key.glob_match', shapes.match, kwargs).match),
    'key.accept': async (kwargs) => accept(keys, 'key.accept', kwargs),
    'key.accept_dict': async (kwargs) => accept(keys, 'key.accept_dict', kwargs),
    'key.reject': async (kwargs) => reject(keys, 'key.reject', kwargs),
    'key.reject_dict': async (kwargs) => reject(keys, 'key.reject_dict', kwargs),
    'key.delete': async (kwargs) => keys.delete(selectionOf('key.delete', kwargs)),
    'key.delete_dict': async (kwargs) => keys.delete(selectionOf('key.delete_dict', kwargs)),
    'key.print': print,
    'key.key_str': print,
    'key.finger': async (kwargs) => {
      const { match, hash_type } = read('key.finger', shapes.finger, kwargs);
      return keys.ring.finger(match, hash_type ?? deps.hashType);
    },
    'key.finger_all': async (kwargs) => keys.ring.finger('*', read('key.finger_all', shapes.hash, kwargs).hash_type ?? deps.hashType),
    'key.finger_master': async (kwargs) => fingerMaster(deps, read('key.finger_master', shapes.hash, kwargs).hash_type ?? deps.hashType),
    'key.master_key_str': async () => ({ local: { [`${deps.masterId}.pub`]: await masterPub(deps) } }),
    'key.gen': async (kwargs) => generate(read('key.gen', shapes.gen, kwargs).keysize),
    'key.gen_accept': async (kwargs) => generateAccepted(keys, read('key.gen_accept', shapes.genAccept, kwargs)),
    'key.token': async (kwargs) => token(deps, kwargs),
  };
}

function read<T>(fun: string, shape: z.ZodType<T>, kwargs: Kwargs): T {
  const { success, data, error } = shape.safeParse({ ...kwargs });
  if (success) return data;
  const faults = error.issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`).join('; ');
  throw new TsaltError('bad-arguments', `${fun}: ${faults}`);
}

/** Globs under `match`, or for the `_dict` functions lists of ids by folder, which some clients wrap in a list. */
function selectionOf(fun: string, kwargs: Kwargs): Selection {
  if (!fun.endsWith('_dict')) return read(fun, shapes.match, kwargs).match;
  const given = kwargs['match'];
  const dict = z
    .partialRecord(z.enum(FOLDERS), z.array(z.string()))
    .safeParse(Array.isArray(given) && given.length === 1 ? given[0] : given);
  if (dict.success) return { dict: dict.data };
  throw new TsaltError(
    'bad-arguments',
    `${fun}: match must be a map of ${FOLDERS.join(', ')} to lists of minion ids: ${messageOf(dict.error)}`,
  );
}

function accept(keys: KeyStore, fun: string, kwargs: Kwargs): Partial<KeyLists> {
  const { include_rejected, include_denied } = read(fun, fun.endsWith('_dict') ? shapes.dict : shapes.change, kwargs);
  return keys.accept(selectionOf(fun, kwargs), { rejected: include_rejected, denied: include_denied });
}

function reject(keys: KeyStore, fun: string, kwargs: Kwargs): Partial<KeyLists> {
  const { include_accepted, include_denied } = read(fun, fun.endsWith('_dict') ? shapes.dict : shapes.change, kwargs);
  return keys.reject(selectionOf(fun, kwargs), { accepted: include_accepted, denied: include_denied });
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
async function generateAccepted(keys: KeyStore, { id_, keysize, force }: z.infer<typeof shapes.genAccept>): Promise<unknown> {
  if (!isMinionId(id_)) throw new TsaltError('bad-minion-id', `key.gen_accept: ${JSON.stringify(id_).slice(0, 80)} cannot be a minion id`);
  if (keys.ring.knows(id_) && !force) return {};
  const pair = await generate(keysize);
  keys.ring.preseed(id_, pair.pub);
  return pair;
}

/** A one-time enrolment token, and the line to paste on the new machine. */
async function token(deps: KeyWheelDeps, kwargs: Kwargs): Promise<unknown> {
  const { for: pattern, ttl } = read('key.token', shapes.token, kwargs);
  const finger = await deps.joinFinger();
  const made = deps.keys.createToken({ ...(pattern === undefined ? {} : { for: pattern }), ...(ttl === undefined ? {} : { ttl }) });
  const line = `tsalt-minion --join ${deps.joinAddress} --token ${made.token} --finger ${finger}`;
  return { token: made.token, line, expires: made.expires.toISOString() };
}
