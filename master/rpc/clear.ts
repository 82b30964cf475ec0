import { stamp } from '../../kernel/events/bus.ts';
import { messageOf } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { RunnerEvent, RunnerRequest, RunRequest } from '../client/contract.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { RunWheel } from '../wheels/index.ts';
import { numberIn, textIn, textsIn } from './command.ts';
import type { ClearRequests } from './server.ts';

export interface ClearParts {
  readonly publisher: Publisher;
  readonly runner: (request: RunnerRequest, user: string) => AsyncIterable<RunnerEvent>;
  readonly wheel: RunWheel;
  /** Whose key this is: the user, or undefined. */
  readonly userOf: (key: string) => string | undefined;
}

/**
 * The requests Salt's own programs make in clear on the request port (wire-protocol section 9): proved by
 * the user key in `cachedir`, which only that user can read.
 */
export function createClearRequests(parts: ClearParts): ClearRequests {
  const handlers: Readonly<Record<string, (load: Message) => Promise<unknown>>> = {
    ping: async (load) => load,
    publish: (load) => publish(load, parts),
    runner: (load) => runner(load, parts),
    wheel: (load) => wheel(load, parts),
    mk_token: async () => '',
    get_token: async () => ({}),
  };
  return async (load) => {
    const command = textIn(load, 'cmd');
    const handler = command !== undefined && Object.hasOwn(handlers, command) ? handlers[command] : undefined;
    return handler === undefined ? {} : await handler(load);
  };
}

const DENIED = { error: { name: 'AuthenticationError', message: 'Authentication error occurred.' } };

const userIn = (load: Message, parts: ClearParts): string | undefined => {
  const key = textIn(load, 'key');
  return key === undefined ? undefined : parts.userOf(key);
};

async function publish(load: Message, parts: ClearParts): Promise<unknown> {
  const user = userIn(load, parts);
  if (user === undefined) return DENIED;
  const request = publishRequest(load);
  if (typeof request === 'string') return { error: { name: 'SaltInvocationError', message: request } };
  try {
    const job = await parts.publisher.publish(request, user);
    if (job === undefined)
      return clear({ jid: null, minions: [], error: `Master could not resolve minions for target ${String(load['tgt'])}` });
    const missing = job.job.expected.filter((minion) => job.parts.get(minion)?.state === 'lost');
    return clear({ jid: job.job.jid, minions: job.job.expected.filter((minion) => !missing.includes(minion)), missing });
  } catch (error) {
    return { error: { name: 'SaltInvocationError', message: messageOf(error) } };
  }
}

const clear = (load: unknown) => ({ enc: 'clear', load });

function publishRequest(load: Message): RunRequest | string {
  const fun = textIn(load, 'fun') ?? textsIn(load, 'fun');
  const expression = textIn(load, 'tgt') ?? textsIn(load, 'tgt');
  const { arg, kwargs } = load;
  if (fun === undefined || expression === undefined) return 'publish needs fun and tgt';
  const more = isMessage(kwargs) ? kwargs : {};
  const jid = textIn(load, 'jid');
  const metadata = more['metadata'];
  const delimiter = textIn(more, 'delimiter');
  return {
    target: { kind: textIn(load, 'tgt_type') ?? 'glob', expression, ...(delimiter === undefined ? {} : { delimiter }) },
    fun,
    args: Array.isArray(arg) ? arg : [],
    returners: textIn(load, 'ret') ?? '',
    ...(jid === undefined ? {} : { jid }),
    ...(isMessage(metadata) ? { metadata } : {}),
    ...(numberIn(load, 'to') === undefined ? {} : { timeout: numberIn(load, 'to') as number }),
  };
}

async function runner(load: Message, parts: ClearParts): Promise<unknown> {
  const user = userIn(load, parts);
  if (user === undefined) return DENIED;
  const { arg, kwarg } = load;
  const request = {
    fun: textIn(load, 'fun') ?? '',
    args: Array.isArray(arg) ? arg : [],
    kwargs: isMessage(kwarg) ? kwarg : {},
    async: true,
  };
  for await (const event of parts.runner(request, user)) {
    if (event.kind === 'started') return { tag: `salt/run/${event.jid}`, jid: event.jid };
  }
  return {};
}

async function wheel(load: Message, parts: ClearParts): Promise<unknown> {
  const user = userIn(load, parts);
  if (user === undefined) return DENIED;
  const fun = textIn(load, 'fun') ?? '';
  const { cmd, key, fun: _fun, user: _user, ...rest } = load;
  const kwargs = isMessage(load['kwarg']) ? load['kwarg'] : rest;
  const jid = newJid();
  const tag = `salt/wheel/${jid}`;
  const data = { fun: `wheel.${fun}`, jid, tag, user };
  try {
    return {
      tag,
      data: { ...data, return: (await parts.wheel(fun, kwargs, user, jid)) ?? null, success: true, _stamp: stamp(new Date()) },
    };
  } catch (error) {
    const why = `Exception occurred in wheel ${fun}: ${error instanceof Error ? error.name : 'Error'}: ${messageOf(error)}`;
    return { tag, data: { ...data, return: why, success: false, _stamp: stamp(new Date()) } };
  }
}
