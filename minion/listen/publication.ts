import { BadFrame } from '../../protocol/errors.ts';
import { isJid, type Jid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { Float } from '../../protocol/wire/float.ts';

/** A job as it was published, checked. Field names in brackets are those on the wire (wire-protocol facts, publications). */
export interface Publication {
  readonly jid: Jid;
  /** One name, or several that run in order. */
  readonly funs: readonly string[];
  /** `fun` was a list: the answer is keyed by function. */
  readonly several: boolean;
  /** The arguments of each function, in step with `funs`. */
  readonly args: readonly (readonly unknown[])[];
  readonly target: { readonly kind: string; readonly expression: unknown; readonly delimiter: string };
  readonly user: string;
  /** Names of minion-side returners (`ret`, comma separated). */
  readonly returners: readonly string[];
  readonly returnerConfig: string;
  readonly returnerOptions: Message;
  readonly metadata: unknown;
  /** Fire a start event before running (`start_event`). */
  readonly startEvent: boolean;
  /** The caller wants output as it is written (tsalt masters only). */
  readonly follow: boolean;
  /** Epoch seconds after which it must not start any more (tsalt masters only). */
  readonly expires: number | undefined;
  /** As it came, for `saltutil.running` and the `__pub_*` arguments. */
  readonly raw: Message;
}

/** Any word: for one that is no function the caller is told so, which silence would not. */
const FUN = /^[^\p{Cc}\s]{1,200}$/u;

/** @throws BadFrame when a field that a job cannot do without is missing or of another kind. */
export function readPublication(raw: Message): Publication {
  const jid = raw['jid'];
  if (!isJid(jid)) throw new BadFrame('a publication without a usable jid');
  const several = Array.isArray(raw['fun']);
  const funs = (several ? (raw['fun'] as unknown[]) : [raw['fun']]).map(funName);
  if (funs.length === 0) throw new BadFrame(`the publication ${jid} names no function`);
  if (!('tgt' in raw)) throw new BadFrame(`the publication ${jid} has no target`);
  return {
    jid,
    funs,
    several,
    args: several ? argLists(raw['arg'], funs.length) : [list(raw['arg'])],
    target: { kind: text(raw['tgt_type'], 'glob'), expression: raw['tgt'], delimiter: text(raw['delimiter'], ':') },
    user: text(raw['user'], 'root'),
    returners: text(raw['ret'], '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    returnerConfig: text(raw['ret_config'], ''),
    returnerOptions: isMap(raw['ret_kwargs']) ? raw['ret_kwargs'] : Object.create(null),
    metadata: raw['metadata'],
    startEvent: raw['start_event'] === true,
    follow: raw['follow'] === true,
    expires: numeric(raw['expires']),
    raw,
  };
}

export const isMap = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map);

function funName(value: unknown): string {
  if (typeof value !== 'string' || !FUN.test(value)) throw new BadFrame('a publication names a function that cannot be one');
  return value;
}

function argLists(value: unknown, count: number): readonly (readonly unknown[])[] {
  const lists = list(value);
  return Array.from({ length: count }, (_, index) => list(lists[index]));
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
const numeric = (value: unknown): number | undefined => {
  const number = value instanceof Float ? value.value : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};
const text = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);
