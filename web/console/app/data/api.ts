import { signal } from '@preact/signals';
import type { Me, Target } from './shapes.ts';

/** What the server refused or could not do: a sentence for the person, and a code. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Who is logged in; null: nobody; undefined: not known yet. */
export const me = signal<Me | null | undefined>(undefined);

interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

async function ask(path: string, body?: unknown): Promise<unknown> {
  const init: RequestInit = { credentials: 'same-origin', headers: { accept: 'application/json' } };
  if (body !== undefined)
    Object.assign(init, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': me.value?.csrf ?? '' },
    });
  let response: Response;
  try {
    response = await fetch(`/console/${path}`, init);
  } catch {
    throw new Refused('unreachable', 'The server does not answer. It is tried again as soon as you do something.');
  }
  const answer = (await response.json().catch(() => ({}))) as Answer;
  if (response.ok) return answer.value;
  if (response.status === 401 && path !== 'login') me.value = null;
  const { code = `http-${response.status}`, message = `The server answered with status ${response.status}.` } = answer.error ?? {};
  throw new Refused(code, message);
}

/** Learns who is logged in. */
export async function whoami(): Promise<void> {
  me.value = (await ask('me')) as Me | null;
}

export async function login(username: string, password: string, eauth: string): Promise<void> {
  await ask('login', { username, password, eauth });
  await whoami();
}

export async function logout(): Promise<void> {
  await ask('logout', {});
  me.value = null;
}

type Kwargs = Readonly<Record<string, unknown>>;

/** Asks the master. @throws Refused */
export const runner = async <T>(fun: string, kwargs: Kwargs = {}): Promise<T> =>
  (await ask('call', { client: 'runner', fun, kwargs: given(kwargs) })) as T;

/** Changes something of the master. @throws Refused */
export const wheel = async <T = unknown>(fun: string, kwargs: Kwargs = {}): Promise<T> =>
  (await ask('call', { client: 'wheel', fun, kwargs: given(kwargs) })) as T;

export interface Started {
  readonly jid: string | null;
  readonly minions: readonly string[];
}

/** Publishes a job and does not wait for it. @throws Refused */
export const publish = async (target: Target, fun: string, args: readonly unknown[], kwargs: Kwargs): Promise<Started> =>
  (await ask('call', { client: 'run_async', target, fun, args, kwargs })) as Started;

/** Runs on minions and waits for what they answer, by minion. @throws Refused */
export const runNow = async <T>(target: Target, fun: string, args: readonly unknown[] = []): Promise<Record<string, T>> =>
  (await ask('call', { client: 'run', target, fun, args, kwargs: {} })) as Record<string, T>;

/** The ids a target reaches. @throws Refused */
export const preview = async (target: Target): Promise<readonly string[]> =>
  (await ask('call', { client: 'preview', target })) as readonly string[];

/** What is not set is not sent, so that the function's own default counts. */
const given = (kwargs: Kwargs): Kwargs => Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== undefined));
