import { AsyncQueue } from '../../kernel/events/queue.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { RunEvent, RunRequest } from '../client/contract.ts';
import type { JobReport } from '../jobs/store.ts';
import { insist } from './deliver.ts';
import { type FollowParts, type FollowTimes, follow } from './follow.ts';
import type { Prepared, PublishExtras, Publisher } from './publisher.ts';

export interface BatchParts {
  readonly publisher: Publisher;
  readonly following: FollowParts;
}

/**
 * Runs a job a few minions at a time: each return makes room for the next minion. Minions that do not answer
 * a ping first get no job. One job id covers the whole batch (all as Salt's `--batch`).
 */
export async function* runBatch(
  request: RunRequest,
  user: string,
  times: FollowTimes,
  parts: BatchParts,
  { only }: PublishExtras = {},
): AsyncIterable<RunEvent> {
  const extras = only === undefined ? {} : { only };
  const size = request.batch?.size ?? '1';
  batchSize(size, 1);
  const asked = { target: request.target, fun: 'test.ping', args: [] };
  const ping = await parts.publisher.prepare(asked, user, extras);
  if (ping === undefined) {
    yield { kind: 'published', jid: undefined, minions: [] };
    return;
  }
  const answers = follow(ping.underWay, times, parts.following);
  await ping.send();
  if (times.patienceMs !== undefined) insist(parts.publisher, asked, ping.underWay, ping.minions);
  const alive: string[] = [];
  for await (const event of answers) {
    if (event.kind === 'return') alive.push(event.minion);
    else if (event.kind === 'silent') yield event;
  }
  const prepared = await parts.publisher.prepare({ ...request, target: { kind: 'list', expression: alive.sort() } }, user, extras);
  yield { kind: 'published', jid: prepared?.underWay.job.jid, minions: prepared?.minions ?? [] };
  if (prepared !== undefined) yield* new Window(prepared, batchSize(size, alive.length), request, times, parts).run();
}

export interface Begun {
  /** Those whose turn had come. */
  readonly begun: ReadonlySet<string>;
  readonly report: JobReport;
}

/** Goes on with a batch of before this master started: with those whose turn had come, without sending to them, and with the rest. */
export async function resumeBatch(
  request: RunRequest,
  user: string,
  times: FollowTimes,
  parts: BatchParts,
  before: Begun,
): Promise<AsyncIterable<RunEvent>> {
  const { subset: _subset, ...whole } = request;
  const target = { kind: 'list', expression: before.report.expected };
  const prepared = await parts.publisher.prepare({ ...whole, target }, user, { again: true });
  const size = batchSize(request.batch?.size ?? '1', before.report.expected.length);
  return prepared === undefined ? nothing() : new Window(prepared, size, request, times, parts, before).run();
}

async function* nothing(): AsyncIterable<RunEvent> {}

/** `5` or `25%` of `count`; at least 1. @throws TsaltError `bad-batch` */
export function batchSize(text: string, count: number): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (match === null) throw new TsaltError('bad-batch', `a batch size is a count or a percentage such as 25%, not ${JSON.stringify(text)}`);
  const number = Number(match[1]);
  return Math.max(1, Math.floor(match[2] === '%' ? (number / 100) * count : number));
}

type Item = RunEvent | { readonly kind: 'free' };

/** The minions that run at one time. */
class Window {
  readonly #items = new AsyncQueue<Item>();
  readonly #queue: string[];
  readonly #prepared: Prepared;
  readonly #size: number;
  readonly #rules: { readonly waitMs: number; readonly failhard: boolean };
  readonly #insist: (minions: readonly string[]) => void;
  readonly #follow: (minions: ReadonlySet<string>) => AsyncIterable<RunEvent>;
  #running: number;
  #failed: boolean;

  constructor(
    prepared: Prepared,
    size: number,
    request: RunRequest,
    times: FollowTimes,
    { following, publisher }: BatchParts,
    { begun, report }: Partial<Begun> = {},
  ) {
    this.#queue = prepared.minions.filter((minion) => begun?.has(minion) !== true);
    this.#prepared = prepared;
    this.#size = size;
    this.#rules = { waitMs: (request.batch?.wait ?? 0) * 1000, failhard: request.batch?.failhard ?? false };
    this.#insist = (some) => {
      if (times.patienceMs !== undefined) insist(publisher, request, prepared.underWay, some);
    };
    this.#follow = (minions) => follow(prepared.underWay, times, following, minions);
    const before = new Set([...(begun ?? [])].filter((minion) => prepared.underWay.pending.has(minion)));
    this.#running = before.size;
    this.#failed = report?.returns.some(({ retcode }) => retcode !== 0) ?? false;
    // From now on: what returns while nobody asks for the events is among them.
    if (before.size > 0) void this.#hear(this.#follow(before)).catch((error) => this.#items.fail(error));
  }

  async *run(): AsyncIterable<RunEvent> {
    yield* this.#fill();
    while (this.#running > 0 || (this.#queue.length > 0 && !this.#stopped())) {
      const { value: item } = await this.#items.next();
      if (item === undefined) return;
      if (item.kind === 'free') yield* this.#fill();
      else yield this.#note(item);
    }
  }

  #stopped(): boolean {
    return this.#failed && this.#rules.failhard;
  }

  *#fill(): Iterable<RunEvent> {
    const next = this.#stopped() ? [] : this.#queue.splice(0, this.#size - this.#running);
    if (next.length === 0) return;
    yield { kind: 'batch', minions: next };
    this.#running += next.length;
    void this.#start(next).catch((error) => this.#items.fail(error));
  }

  #note(event: RunEvent): RunEvent {
    if (event.kind === 'return' && event.retcode !== 0) this.#failed = true;
    if (event.kind === 'return' || event.kind === 'silent') {
      this.#running -= 1;
      setTimeout(() => this.#items.push({ kind: 'free' }), this.#rules.waitMs);
    }
    return event;
  }

  async #start(minions: readonly string[]): Promise<void> {
    const following = this.#follow(new Set(minions));
    await this.#prepared.send(minions);
    this.#insist(minions);
    await this.#hear(following);
  }

  async #hear(following: AsyncIterable<RunEvent>): Promise<void> {
    for await (const event of following) this.#items.push(event);
  }
}
