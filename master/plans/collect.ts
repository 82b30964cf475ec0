import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { RunEvent } from '../client/contract.ts';

/** What one minion answered. */
export interface Answer {
  readonly value: unknown;
  readonly retcode: number;
}

/** What came of a job. */
export interface Collected {
  /** Undefined when nobody matched. */
  readonly jid: string | undefined;
  readonly answers: ReadonlyMap<string, Answer>;
  /** Why, by minion. */
  readonly silent: ReadonlyMap<string, string>;
}

/** Follows a job to its end. */
export async function collect(events: AsyncIterable<RunEvent>): Promise<Collected> {
  let jid: string | undefined;
  const answers = new Map<string, Answer>();
  const silent = new Map<string, string>();
  for await (const event of events) {
    if (event.kind === 'published') jid = event.jid;
    else if (event.kind === 'silent') silent.set(event.minion, event.reason === '' ? `did not return (${event.state})` : event.reason);
    else if (event.kind === 'return') {
      const value: unknown = event.value instanceof Packed ? decode(event.value.bytes, { floats: 'wrap' }) : event.value;
      answers.set(event.minion, { value, retcode: event.retcode });
    }
  }
  return { jid, answers, silent };
}

/** Results of states by their tags, if that is what a minion answered. */
export function resultsIn(value: unknown): Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined {
  if (!isMap(value)) return undefined;
  const results = Object.entries(value).filter(([tag, result]) => tag.includes('_|-') && isMap(result) && 'result' in result);
  return results.length > 0 && results.length === Object.keys(value).length ? (value as never) : undefined;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
