import { type EventBus, tagMatcher } from '../../kernel/events/bus.ts';
import { AsyncQueue } from '../../kernel/events/queue.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { isJid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { Run } from '../publish/run.ts';
import type { From, Login, MasterClient, PersonClient, Proof, RunnerEvent, RunnerRequest, RunRequest, Target } from './contract.ts';
import type { Operation } from './serve.ts';

/** Persons at the door: who they are, and what they may do. */
export type Persons = Pick<MasterClient, 'login' | 'logout' | 'grant' | 'as'>;

export interface OperationParts {
  readonly run: Run;
  readonly preview: (target: Target) => readonly string[];
  readonly runner: (request: RunnerRequest, user: string) => AsyncIterable<RunnerEvent>;
  readonly wheel: (fun: string, kwargs: Readonly<Record<string, unknown>>, user: string, jid?: string) => Promise<unknown>;
  readonly bus: EventBus;
}

/** The door of a local user who may not everything; undefined for one who may. */
export type LocalUser = (user: string) => PersonClient | undefined;

/** What a local program may ask of the master, checked before it is done. */
export function operations(
  parts: OperationParts,
  persons: Persons,
  local: LocalUser = () => undefined,
): Readonly<Record<string, Operation>> {
  const limited =
    (op: string, operation: Operation): Operation =>
    (request, user) => {
      const person = local(user);
      return person === undefined ? operation(request, user) : personal(person, { op, request });
    };
  const own = Object.entries(ofTheMaster(parts)).map(([op, operation]) => [op, limited(op, operation)] as const);
  return { ...Object.fromEntries(own), ...ofPersons(persons) };
}

const ofTheMaster = (parts: OperationParts): Readonly<Record<string, Operation>> => ({
  run: (request, user) => parts.run(runRequest(request), user),
  preview: async function* preview(request) {
    yield parts.preview(targetOf(request));
  },
  runner: (request, user) => parts.runner(runnerRequest(request), user),
  wheel: async function* wheel(request, user) {
    const kwargs = request['kwargs'];
    yield (await parts.wheel(text(request, 'fun'), isMessage(kwargs) ? kwargs : {}, user, jidOf(request))) ?? null;
  },
  events: (request) => subscription(parts.bus, text(request, 'tag')),
});

const ofPersons = (persons: Persons): Readonly<Record<string, Operation>> => ({
  login: async function* login(request) {
    yield await persons.login(loginOf(request['login']), fromOf(request['from']));
  },
  logout: async function* logout(request) {
    yield await persons.logout(text(request, 'token')).then(() => null);
  },
  grant: async function* grant(request) {
    yield (await persons.grant(text(request, 'token'))) ?? null;
  },
  as: (request) => personal(persons.as(proofOf(request['proof']), fromOf(request['from'])), request),
});

/** One call of a person. @throws TsaltError `bad-request` */
function personal(person: PersonClient, { op, request }: Message): AsyncIterable<unknown> {
  if (!isMessage(request)) throw bad('request must be a map');
  switch (op) {
    case 'run':
      return person.run(runRequest(request));
    case 'runner':
      return person.runner(runnerRequest(request));
    case 'events':
      return person.events(text(request, 'tag'));
    case 'preview':
      return once(person.preview(targetOf(request)));
    case 'wheel':
      return once(person.wheel(text(request, 'fun'), isMessage(request['kwargs']) ? request['kwargs'] : {}, jidOf(request)));
    default:
      throw bad(`there is no operation ${JSON.stringify(op)} for persons`);
  }
}

async function* once(value: Promise<unknown>): AsyncIterable<unknown> {
  yield (await value) ?? null;
}

function loginOf(from: unknown): Login {
  if (!isMessage(from)) throw bad('a login must be a map');
  const expire = plain(from['tokenExpire']);
  return {
    eauth: text(from, 'eauth'),
    username: text(from, 'username'),
    password: text(from, 'password'),
    ...(typeof expire === 'number' ? { tokenExpire: expire } : {}),
  };
}

function proofOf(from: unknown): Proof {
  if (!isMessage(from)) throw bad('proof must be a map');
  return typeof from['token'] === 'string' ? { token: from['token'] } : loginOf(from);
}

const DOORS = ['api', 'console', 'cli'] as const;

function fromOf(from: unknown): From {
  const door = isMessage(from) ? DOORS.find((known) => known === from['door']) : undefined;
  if (!isMessage(from) || door === undefined) throw bad(`from must name the door: one of ${DOORS.join(', ')}`);
  return { door, ...(typeof from['address'] === 'string' ? { address: from['address'] } : {}) };
}

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

const jidOf = ({ jid }: Message): string | undefined => (typeof jid === 'string' && isJid(jid) ? jid : undefined);

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
