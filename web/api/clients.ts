import { splitWords } from '../../kernel/render/words.ts';
import type { PersonClient, RunEvent, RunnerEvent, RunRequest, Target } from '../../master/client/contract.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import { type Chunk, isMap } from './body.ts';
import { HttpProblem } from './problem.ts';
import { silence } from './silence.ts';

/** Runs one kind of call and yields what stands for it in the reply: one element, of `local_batch` one for each minion. */
type Client = (chunk: Chunk, person: Person) => AsyncIterable<unknown>;

export interface Person {
  readonly client: PersonClient;
  readonly user: string;
  /** By what it was proved who it is: `token` or `eauth`. */
  readonly proof: string;
}

/** The clients of salt-api. `ssh` is known, but there is none. */
export const clients: Readonly<Record<string, Client>> = {
  local,
  local_async: localAsync,
  local_batch: localBatch,
  local_subset: (chunk, person) => local({ ...chunk, subset: numberOf(chunk['subset']) ?? 3 }, person),
  runner,
  runner_async: runnerAsync,
  ssh: () => {
    throw new HttpProblem(400, 'There is no ssh client here: enrol the machine as a minion');
  },
  wheel,
  wheel_async: wheelAsync,
};

/** @throws HttpProblem 400 when there is no such client, or it is not enabled */
export function clientNamed(name: unknown, enabled: readonly string[]): Client {
  const client = typeof name === 'string' && Object.hasOwn(clients, name) ? clients[name] : undefined;
  if (client === undefined) throw new HttpProblem(400, `Invalid client specified: '${String(name)}'`);
  if (!enabled.includes(String(name)))
    throw new HttpProblem(400, `Client disabled: '${String(name)}'. Add to 'netapi_enable_clients' master config option to enable.`);
  return client;
}

async function* local(chunk: Chunk, { client }: Person): AsyncIterable<unknown> {
  const request = runRequest(chunk);
  const full = chunk['full_return'] === true;
  const found: Record<string, unknown> = Object.create(null);
  let jid: string | undefined;
  for await (const event of refused(client.run(request))) {
    if (event.kind === 'published') jid = event.jid;
    if (event.kind === 'return') found[event.minion] = full ? fullReturn(event) : event.value;
    if (event.kind === 'silent') found[event.minion] = full ? { out: 'no_return', ret: silence(event), retcode: 1 } : silence(event);
  }
  if (jid !== undefined)
    for (const id of listed(request.target)) found[id] ??= silence({ kind: 'silent', jid, minion: id, state: 'sent', reason: '' });
  yield found;
}

/** The minions a list names: each is answered for, as in Salt. */
const listed = ({ kind, expression }: Target): readonly string[] =>
  kind !== 'list'
    ? []
    : typeof expression === 'string'
      ? expression
          .split(',')
          .map((id) => id.trim())
          .filter((id) => id !== '')
      : expression;

type Returned = Extract<RunEvent, { kind: 'return' }>;

const fullReturn = ({ value, retcode, jid, out }: Returned) => ({ ret: value, retcode, jid, ...(out === undefined ? {} : { out }) });

async function* localAsync(chunk: Chunk, { client }: Person): AsyncIterable<unknown> {
  for await (const event of refused(client.run({ ...runRequest(chunk), async: true })))
    if (event.kind === 'published') yield event.jid === undefined ? {} : { jid: event.jid, minions: event.minions };
}

async function* localBatch(chunk: Chunk, { client }: Person): AsyncIterable<unknown> {
  const batch = { size: String(chunk['batch'] ?? '10%'), failhard: chunk['failhard'] === true };
  for await (const event of refused(client.run({ ...runRequest(chunk), batch }))) {
    if (event.kind === 'return') yield { [event.minion]: event.value };
    if (event.kind === 'silent') yield { [event.minion]: silence(event) };
  }
}

/** Salt's sentence for what a person may not do to minions. */
async function* refused<T>(events: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* events;
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'not-authorised') throw new HttpProblem(401, 'Authorization error occurred.');
    throw error;
  }
}

function runRequest(chunk: Chunk): RunRequest {
  const { tgt, ret, jid, metadata, kwarg } = chunk;
  if (typeof tgt !== 'string' && !(Array.isArray(tgt) && tgt.every((id) => typeof id === 'string')))
    throw new HttpProblem(500, 'tgt is missing: name the minions');
  const fun = funOf(chunk);
  const timeout = numberOf(chunk['timeout']);
  const gather = numberOf(chunk['gather_job_timeout']);
  const subset = numberOf(chunk['subset']);
  const kind = String(chunk['tgt_type'] ?? chunk['expr_form'] ?? 'glob');
  return {
    target: { kind, expression: tgt, ...(typeof chunk['delimiter'] === 'string' ? { delimiter: chunk['delimiter'] } : {}) },
    fun,
    args: argumentsOf(fun, listOf(chunk['arg']), isMap(kwarg) ? kwarg : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...(gather === undefined ? {} : { gatherJobTimeout: gather }),
    ...(subset === undefined ? {} : { subset }),
    ...(typeof ret === 'string' && ret !== '' ? { returners: ret } : {}),
    ...(typeof jid === 'string' && jid !== '' ? { jid } : {}),
    ...(isMap(metadata) ? { metadata } : {}),
  };
}

const argumentsOf = (fun: string | readonly string[], args: readonly unknown[], kwargs: Chunk): readonly unknown[] => {
  if (typeof fun !== 'string') return fun.map((_, at) => listOf(args[at]));
  return Object.keys(kwargs).length === 0 ? args : [...args, Object.assign(Object.create(null), { __kwarg__: true }, kwargs)];
};

function funOf({ fun }: Chunk): string | readonly string[] {
  if (Array.isArray(fun) && fun.every((name) => typeof name === 'string')) return fun;
  if (typeof fun !== 'string' || fun === '') throw new HttpProblem(500, 'fun is missing: name the function');
  return fun.includes(',') ? fun.split(',') : fun;
}

function oneFun(chunk: Chunk): string {
  const fun = funOf(chunk);
  if (typeof fun !== 'string') throw new HttpProblem(500, 'fun must be one function');
  return fun;
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Keys of a chunk that are none of the function's. */
const OWN = new Set(['client', 'fun', 'arg', 'kwarg', 'token', 'eauth', 'username', 'password', 'user', 'key', 'full_return', 'timeout']);

/** Positional and keyword arguments of a runner or wheel: `name=value` texts, `kwarg`, and all that is left over. */
function masterArguments(chunk: Chunk): { args: unknown[]; kwargs: Record<string, unknown> } {
  const { args, kwargs } = splitWords(listOf(chunk['arg']));
  if (isMap(chunk['kwarg'])) Object.assign(kwargs, chunk['kwarg']);
  for (const [key, value] of Object.entries(chunk)) if (!OWN.has(key) && !key.startsWith('__')) kwargs[key] = value;
  return { args, kwargs };
}

async function* runner(chunk: Chunk, person: Person): AsyncIterable<unknown> {
  const fun = oneFun(chunk);
  const { args, kwargs } = masterArguments(chunk);
  let jid: string = newJid();
  for await (const event of asMaster(person.client.runner({ fun, args, kwargs, jid }), person)) {
    if (event.kind === 'started') jid = event.jid;
    if (event.kind !== 'result') continue;
    if (unknownRunner(fun, event)) throw new HttpProblem(500, String(event.value));
    const data = {
      fun: `runner.${fun}`,
      jid,
      user: person.user,
      fun_args: args,
      _stamp: stampOf(new Date()),
      return: event.value,
      success: event.success,
    };
    yield chunk['full_return'] === true ? { tag: `salt/run/${jid}/ret`, data } : event.value;
  }
}

const unknownRunner = (fun: string, event: Extract<RunnerEvent, { kind: 'result' }>): boolean =>
  !event.success && event.value === `'${fun}' is not available.`;

/** As Salt stamps events: UTC with microseconds. */
const stampOf = (time: Date): string => time.toISOString().replace(/Z$/, '000+00:00');

async function* runnerAsync(chunk: Chunk, person: Person): AsyncIterable<unknown> {
  const { args, kwargs } = masterArguments(chunk);
  for await (const event of asMaster(person.client.runner({ fun: oneFun(chunk), args, kwargs, async: true }), person))
    if (event.kind === 'started') yield { tag: `salt/run/${event.jid}`, jid: event.jid };
}

/** Salt's sentence for what a person may not ask of the master. */
async function* asMaster<T>(events: AsyncIterable<T>, person: Person): AsyncIterable<T> {
  try {
    yield* events;
  } catch (error) {
    throw masterRefusal(error, person);
  }
}

const masterRefusal = (error: unknown, { proof, user }: Person): unknown =>
  error instanceof TsaltError && error.code === 'not-authorised'
    ? new HttpProblem(401, `Authentication failure of type "${proof}" occurred for user ${user}.`)
    : error;

async function* wheel(chunk: Chunk, person: Person): AsyncIterable<unknown> {
  const fun = oneFun(chunk);
  const jid = newJid();
  const tag = `salt/wheel/${jid}`;
  const told = (value: unknown, success: boolean) => ({
    tag,
    data: { fun: `wheel.${fun}`, jid, tag, user: person.user, return: value, success },
  });
  try {
    yield told(await person.client.wheel(fun, wheelArguments(chunk), jid), true);
  } catch (error) {
    if (!(error instanceof TsaltError) || FATAL.has(error.code)) throw masterRefusal(error, person);
    yield told(`Exception occurred in wheel ${fun}: ${messageOf(error)}`, false);
  }
}

/** The call was not made; all other errors are its result. */
const FATAL = new Set(['not-authorised', 'not-authenticated', 'too-many-logins', 'master-unreachable', 'not-ready']);

async function* wheelAsync(chunk: Chunk, person: Person): AsyncIterable<unknown> {
  const jid = newJid();
  const call = person.client.wheel(oneFun(chunk), wheelArguments(chunk), jid);
  // A refusal comes at once; what the function itself says goes onto the bus of events.
  const first = await Promise.race([
    call.then(
      () => undefined,
      (error: unknown) => error,
    ),
    new Promise((resolve) => setTimeout(resolve, 50)),
  ]);
  if (first instanceof TsaltError && FATAL.has(first.code)) throw masterRefusal(first, person);
  yield { tag: `salt/wheel/${jid}`, jid };
}

/** Wheels of keys take one positional argument, `match`. */
function wheelArguments(chunk: Chunk): Record<string, unknown> {
  const { args, kwargs } = masterArguments(chunk);
  if (args.length > 0 && kwargs['match'] === undefined) kwargs['match'] = args.length === 1 ? args[0] : args;
  return kwargs;
}
