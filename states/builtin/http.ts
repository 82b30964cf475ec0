import { setTimeout as sleep } from 'node:timers/promises';
import { regexMatcher } from '../../kernel/targeting/regex.ts';
import type { ArgsOf, Returnable } from '../../modules/define.ts';
import { failed, type Outcome, type StateCtx, state, stateModule } from '../define.ts';
import { shown } from './accounts/words.ts';
import { plan } from './machine/words.ts';

const QUERY = {
  name: { type: 'string', required: true, doc: 'the URL' },
  match: { type: 'any', doc: 'what the body must hold' },
  match_type: { type: 'string', default: 'string', doc: '`string`, or `pcre` for a regular expression' },
  status: { type: 'any', doc: 'the status that must come' },
  status_type: { type: 'string', default: 'string', doc: '`string`, `list`, or `pcre` for a regular expression' },
} as const;
const WAIT = { type: 'number', doc: 'seconds in which it may fail' } as const;
type Query = ArgsOf<typeof QUERY>;
type Answer = Readonly<Record<string, Returnable>>;

/** As Python's re.search. */
const found = (pattern: Returnable, text: string): boolean => regexMatcher(`[\\s\\S]*?(?:${shown(pattern)})`)(text);

/** Sentences about an answer, and whether it is what was wanted; undefined where nobody said what. */
interface Judgement {
  readonly ok: boolean | undefined;
  readonly words: readonly string[];
}

function judgeText({ match = null, match_type }: Query, text: string): Judgement {
  const kinds: Readonly<Record<string, readonly [string, () => boolean]>> = {
    string: ['text', () => text.includes(shown(match))],
    pcre: ['pattern', () => found(match, text)],
  };
  const [noun, holds] = kinds[match_type] ?? [];
  if (match === null || holds === undefined) return { ok: undefined, words: [] };
  const ok = holds();
  return { ok, words: [`Match ${noun} "${shown(match)}" was${ok ? '' : ' not'} found.`] };
}

function judgeStatus({ status = null, status_type }: Query, has: string, before: boolean | undefined): Judgement {
  if (status === null) return { ok: before, words: [] };
  if (status_type === 'list') {
    const hits = (Array.isArray(status) ? (status as readonly Returnable[]) : [...shown(status)]).map(shown).filter((one) => one === has);
    const ok = before ?? (hits.length > 0 ? true : undefined);
    const words = hits.map((one) => `Status ${one} was found.`);
    return ok === true ? { ok, words } : { ok: false, words: [...words, `Statuses ${shown(status)} were not found.`] };
  }
  if (status_type !== 'pcre' && status_type !== 'string') return { ok: before, words: [] };
  const holds = status_type === 'pcre' ? found(status, has) : has === shown(status);
  const noun = status_type === 'pcre' ? `Status pattern "${shown(status)}"` : `Status ${shown(status)}`;
  return { ok: holds ? (before ?? true) : false, words: [`${noun} was${holds ? '' : ' not'} found.`] };
}

async function query(ctx: StateCtx, args: Query, waitFor?: number | undefined): Promise<Outcome> {
  if (args.match === undefined && args.status === undefined)
    return { ...failed(' Either match text (match) or a status code (status) is required.'), more: { data: {} } };
  const given = { decode: false, ...ctx.extra, text: true, status: true, ...(ctx.testing ? { test: true } : {}) };
  const answer = waitFor
    ? await ctx.call('http.wait_for_successful_query', [args.name], { wait_for: waitFor, ...given })
    : await ctx.call('http.query', [args.name], given);
  const data = Object(answer) as Answer;
  const text = judgeText(args, shown(data['text'] ?? ''));
  const status = judgeStatus(args, shown(data['status'] ?? ''), text.ok);
  const comment = [...text.words, ...status.words].join(' ');
  const more = { data: answer };
  if (!ctx.testing) return { result: status.ok ?? null, comment, changes: {}, more };
  const url = 'test_url' in ctx.extra ? `, TEST URL WAS: ${shown(ctx.extra['test_url'] ?? null)}` : '';
  return { result: null, comment: `${comment} (TEST MODE${url})`, changes: {}, more };
}

/** Asks until the answer is what was wanted, or the time is over. Under test it asks once. */
async function waitFor(ctx: StateCtx, args: Query, seconds: number): Promise<Outcome> {
  const end = Date.now() + seconds * 1000;
  const pause = Number(ctx.extra['request_interval'] ?? 0) * 1000;
  for (;;) {
    const [outcome, error] = await query(ctx, args).then(
      (value) => [value, undefined] as const,
      (thrown: unknown) => [undefined, thrown] as const,
    );
    if (outcome?.result === true || (outcome !== undefined && ctx.testing)) return outcome;
    if (Date.now() > end) {
      if (outcome === undefined) throw error;
      return outcome;
    }
    // A server that refuses at once is not to be flooded.
    await sleep(Math.max(pause, 50), undefined, { signal: ctx.signal });
  }
}

/** Requests over HTTP. */
export default stateModule({
  name: 'http',
  doc: 'Requests over HTTP.',
  states: {
    query: state({
      doc: 'An answer that holds a text, or has a status.',
      examples: ['https://example.org/:\n  http.query:\n    - status: 200'],
      args: { ...QUERY, wait_for: WAIT },
      extra: 'arguments of http.query',
      check: async (ctx, { wait_for, ...args }) =>
        ctx.testing ? await query(ctx, args, wait_for) : plan('', () => query(ctx, args, wait_for)),
    }),
    wait_for_successful_query: state({
      doc: 'An answer that holds a text, or has a status, after some time.',
      args: { ...QUERY, wait_for: { ...WAIT, default: 300 } },
      extra: 'arguments of http.query, and request_interval: seconds between requests',
      check: async (ctx, { wait_for, ...args }) =>
        ctx.testing ? await waitFor(ctx, args, wait_for) : plan('', () => waitFor(ctx, args, wait_for)),
    }),
  },
});
