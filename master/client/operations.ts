import { type EventBus, tagMatcher } from '../../kernel/events/bus.ts';
import { AsyncQueue } from '../../kernel/events/queue.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { Run } from '../publish/run.ts';
import type { RunnerEvent, RunnerRequest, RunRequest, Target } from './contract.ts';
import type { Operation } from './serve.ts';

export interface OperationParts {
  readonly run: Run;
  readonly preview: (target: Target) => readonly string[];
  readonly runner: (request: RunnerRequest, user: string) => AsyncIterable<RunnerEvent>;
  readonly wheel: (fun: string, kwargs: Readonly<Record<string, unknown>>, user: string) => Promise<unknown>;
  readonly bus: EventBus;
}

/** What a local program may ask of the master, checked before it is done. */
export const operations = (parts: OperationParts): Readonly<Record<string, Operation>> => ({
  run: (request, user) => parts.run(runRequest(request), user),
  preview: async function* preview(request) {
    yield parts.preview(targetOf(request));
  },
  runner: (request, user) => parts.runner(runnerRequest(request), user),
  wheel: async function* wheel(request, user) {
    const kwargs = request['kwargs'];
    yield (await parts.wheel(text(request, 'fun'), isMessage(kwargs) ? kwargs : {}, user)) ?? null;
  },
  events: (request) => subscription(parts.bus, text(request, 'tag')),
});

/** Events kept for a listener that does not take them: one that was stopped must not fill the master's memory. */
const MOST_WAITING = 10_000;

/** Events of a tag from now on, until the iteration is broken off. */
export function subscription(bus: EventBus, tag: string): AsyncIterable<unknown> {
  const wanted = tagMatcher(tag);
  let stop = (): void => undefined;
  const queue = new AsyncQueue<unknown>(() => stop());
  stop = bus.listen((event) => {
    if (!wanted(event.tag)) return;
    if (queue.length < MOST_WAITING) return queue.push(event);
    stop();
    queue.fail(new TsaltError('too-slow', `more than ${MOST_WAITING} events waited for this listener: it was cut off`, { retry: true }));
  });
  return queue;
}

const bad = (what: string): TsaltError => new TsaltError('bad-request', `the request is malformed: ${what}`);

function text(from: Message, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw bad(`${key} must be text`);
  return value;
}

/** @throws TsaltError `bad-request` */
export function targetOf(from: unknown): Target {
  if (!isMessage(from)) throw bad('target must be a map');
  const { expression, delimiter } = from;
  if (typeof expression !== 'string' && !isTexts(expression)) throw bad('the target expression must be text or a list of texts');
  return { kind: text(from, 'kind'), expression, ...(typeof delimiter === 'string' ? { delimiter } : {}) };
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Optional fields by type: what is absent stays absent, what has another type is refused. */
const OPTIONAL: Readonly<Record<string, 'string' | 'number' | 'boolean' | 'map' | 'texts'>> = {
  timeout: 'number',
  gatherJobTimeout: 'number',
  async: 'boolean',
  jid: 'string',
  subset: 'number',
  follow: 'boolean',
  returners: 'string',
  returnerConfig: 'string',
  returnerOptions: 'map',
  metadata: 'map',
  moduleExecutors: 'texts',
  executorOpts: 'map',
};

function optional(from: Message): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, type] of Object.entries(OPTIONAL)) {
    const value = from[key];
    if (value === undefined || value === null) continue;
    const fits = type === 'map' ? isMessage(value) : type === 'texts' ? isTexts(value) : typeof plain(value) === type;
    if (!fits) throw bad(`${key} must be a ${type}`);
    found[key] = type === 'number' ? plain(value) : value;
  }
  return found;
}

/** A number may arrive as a float that is integral (`Float`). */
const plain = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'value' in value ? Number(value) : value);

/** @throws TsaltError `bad-request` */
export function runRequest(from: Message): RunRequest {
  const { fun, args, batch } = from;
  if (typeof fun !== 'string' && !isTexts(fun)) throw bad('fun must be a function name or a list of them');
  if (!Array.isArray(args)) throw bad('args must be a list');
  return { target: targetOf(from['target']), fun, args, ...optional(from), ...(isMessage(batch) ? { batch: batchOf(batch) } : {}) };
}

function batchOf(batch: Message): NonNullable<RunRequest['batch']> {
  const wait = plain(batch['wait']);
  return { size: text(batch, 'size'), ...(typeof wait === 'number' ? { wait } : {}), failhard: batch['failhard'] === true };
}

function runnerRequest(from: Message): RunnerRequest {
  const { args, kwargs, jid } = from;
  if (!Array.isArray(args) || !isMessage(kwargs)) throw bad('args must be a list and kwargs a map');
  return { fun: text(from, 'fun'), args, kwargs, ...(typeof jid === 'string' ? { jid } : {}), async: from['async'] === true };
}
