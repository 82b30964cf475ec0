import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { type Channel, readChannel, storedChannel } from './channel.ts';
import type { Send } from './send.ts';
import type { Alert, AlertStore, Delivery, Problem, Told } from './sqlite.ts';

export interface AlertsParts {
  /** The master's id. */
  readonly id: string;
  readonly store: AlertStore;
  readonly send: Send;
  readonly bus: EventBus;
  readonly log: Log;
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

/** What others tell the alerts. */
export interface AlertDesk {
  /** Something is wrong. Telling it again changes its texts. */
  raise(problem: Pick<Problem, 'key' | 'kind' | 'subject' | 'message'>): void;
  /** It is right again: whoever was told of it is told that. */
  recover(key: string, message: string): void;
  /** It is of no interest any more. */
  drop(key: string): void;
  has(key: string): boolean;
}

const LOOP_MS = 1000;
const MOST_PROBLEMS = 10_000;
const MOST_WAITING = 10_000;
const KEEP = 5000;
/** More of one kind at once are told together. */
const MOST_ALONE = 5;
const NAMED_MOST = 50;
const SUBJECT_MOST = 200;
const MESSAGE_MOST = 4000;
const BACKOFF_MS = 5000;
const BACKOFF_MOST_MS = 900_000;
const GIVE_UP_MS = 86_400_000;
const FORGET_MS = 32 * 86_400_000;

/**
 * Tells channels what is wrong and when it is right again. What is on its way is in the store: it is tried again, also by
 * the next master, until it was taken or a day has passed. So a channel may hear the same twice, under the same number.
 */
export class Alerts implements AlertDesk, AsyncDisposable {
  readonly #parts: AlertsParts;
  readonly #channels = new Map<string, Channel>();
  readonly #problems = new Map<string, Problem>();
  /** By channel and key. */
  readonly #told = new Map<string, Told>();
  readonly #sending = new Set<string>();
  #changed = true;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(parts: AlertsParts) {
    this.#parts = parts;
    for (const value of parts.store.channels()) {
      const channel = storedChannel(value);
      if (channel === undefined) parts.log.error('an alert channel that was kept cannot be read and is left out');
      else this.#channels.set(channel.name, channel);
    }
    for (const problem of parts.store.problems()) this.#problems.set(problem.key, problem);
    for (const told of parts.store.told()) this.#told.set(toldKey(told.channel, told.key), told);
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), LOOP_MS);
  }

  channels(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  /** Newest first. */
  list(limit: number): ReturnType<AlertStore['alerts']> {
    return this.#parts.store.alerts(limit);
  }

  /** @throws TsaltError `bad-channel`, `store-failed` */
  saveChannel(fields: Readonly<Record<string, unknown>>): Channel {
    const channel = readChannel(fields, this.#channels.get(String(fields['name'])));
    this.#parts.store.saveChannel(channel);
    this.#channels.set(channel.name, channel);
    this.#changed = true;
    return channel;
  }

  /** @throws TsaltError `no-channel`, `store-failed` */
  deleteChannel(name: string): void {
    this.#channel(name);
    this.#parts.store.deleteChannel(name);
    this.#channels.delete(name);
    for (const [key, told] of this.#told) if (told.channel === name) this.#told.delete(key);
  }

  /** Tells a channel something now. @throws TsaltError `no-channel`, `not-delivered` */
  async test(name: string): Promise<void> {
    const channel = this.#channel(name);
    const alert: Alert = { n: 0, at: this.#now(), kind: 'test', state: 'test', subject: 'A test of tsalt', message: 'Alerts arrive here.' };
    try {
      await this.#parts.send(channel, alert, this.#parts.id);
    } catch (error) {
      throw new TsaltError('not-delivered', `the channel ${name} did not take it: ${reasonOf(error)}`, { retry: true });
    }
  }

  raise({ key, kind, subject, message }: Pick<Problem, 'key' | 'kind' | 'subject' | 'message'>): void {
    const before = this.#problems.get(key);
    if (before === undefined && this.#problems.size >= MOST_PROBLEMS) {
      this.#parts.log.warn(`${MOST_PROBLEMS} problems are known: ${key} is not told of`);
      return;
    }
    const since = before === undefined || before.over ? this.#now() : before.since;
    const problem = { key, kind, since, subject: subject.slice(0, SUBJECT_MOST), message: message.slice(0, MESSAGE_MOST), over: false };
    if (before !== undefined && !before.over && before.message === problem.message) return;
    this.#keep(problem);
  }

  recover(key: string, message: string): void {
    const problem = this.#problems.get(key);
    if (problem !== undefined && !problem.over) this.#keep({ ...problem, message: message.slice(0, MESSAGE_MOST), over: true });
  }

  drop(key: string): void {
    if (!this.#problems.delete(key)) return;
    for (const channel of ['', ...this.#channels.keys()]) {
      const told = this.#told.get(toldKey(channel, key));
      if (told !== undefined) this.#told.set(toldKey(channel, key), { ...told, open: false });
    }
    this.#guarded(() => this.#parts.store.dropProblem(key));
  }

  has(key: string): boolean {
    return this.#problems.get(key)?.over === false;
  }

  /** Decides what is to be told, and hands over what waits. */
  tick(): void {
    if (this.#stopping) return;
    this.#guarded(() => {
      const now = this.#now();
      if (this.#changed || this.#isTimeToRepeat(now)) this.#tell(now);
      this.#changed = false;
      for (const channel of this.#channels.values()) void this.#deliver(channel);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#parts.store[Symbol.asyncDispose]();
  }

  #channel(name: string): Channel {
    const channel = this.#channels.get(name);
    if (channel === undefined) throw new TsaltError('no-channel', `there is no alert channel ${JSON.stringify(name).slice(0, 80)}`);
    return channel;
  }

  #keep(problem: Problem): void {
    this.#problems.set(problem.key, problem);
    this.#changed = true;
    this.#guarded(() => this.#parts.store.setProblem(problem));
  }

  #isTimeToRepeat(now: number): boolean {
    for (const { channel, key, at } of this.#told.values()) {
      const repeat = this.#channels.get(channel)?.repeat ?? 0;
      if (repeat > 0 && now - at >= repeat * 1000 && this.has(key)) return true;
    }
    return false;
  }

  #tell(now: number): void {
    const groups = new Map<string, { readonly problems: readonly Problem[]; readonly channels: string[] }>();
    for (const channel of this.#channels.values())
      for (const problems of this.#newsFor(channel, now)) {
        const id = problems.map(({ key, over }) => `${key} ${over}`).join('\n');
        const group = groups.get(id) ?? { problems, channels: [] };
        group.channels.push(channel.name);
        groups.set(id, group);
      }
    for (const { problems, channels } of groups.values()) this.#add(problems, channels, now);
    this.#noteUntold(now);
    for (const problem of this.#problems.values()) if (problem.over) this.drop(problem.key);
    this.#parts.store.forgetTold(now - FORGET_MS);
  }

  /** What a channel is to be told, each list in one message. */
  #newsFor({ name, enabled, on, repeat }: Channel, now: number): (readonly Problem[])[] {
    if (!enabled) return [];
    const news = new Map<string, Problem[]>();
    for (const problem of this.#problems.values()) {
      const told = this.#told.get(toldKey(name, problem.key));
      const again = told === undefined || (repeat > 0 || !told.open ? now - told.at >= repeat * 1000 : false);
      if (!on.includes(problem.kind) || (problem.over ? told?.open !== true : !again)) continue;
      const group = `${problem.kind} ${problem.over}`;
      news.set(group, [...(news.get(group) ?? []), problem]);
    }
    return [...news.values()].flatMap((found) => (found.length > MOST_ALONE ? [found] : found.map((one) => [one])));
  }

  #add(problems: readonly Problem[], channels: readonly string[], now: number): void {
    const told = channels.flatMap((channel) =>
      problems.map(({ key, over }): Told => {
        const at = over ? (this.#told.get(toldKey(channel, key))?.at ?? now) : now;
        return { channel, key, at, open: !over };
      }),
    );
    const alert = messageFor(problems, now);
    this.#parts.store.add(alert, channels, told, KEEP);
    for (const one of told) this.#told.set(toldKey(one.channel, one.key), one);
    this.#parts.bus.fire('tsalt/alert', { ...alert, at: new Date(now).toISOString(), channels: [...channels] });
    for (const channel of channels) {
      const dropped = this.#parts.store.bound(channel, MOST_WAITING);
      if (dropped > 0) this.#parts.log.warn(`${dropped} alerts for ${channel} were dropped: more than ${MOST_WAITING} waited`);
    }
  }

  /** A problem that no channel is told of is listed all the same, once. */
  #noteUntold(now: number): void {
    for (const problem of this.#problems.values()) {
      const listens = [...this.#channels.values()].some(({ enabled, on }) => enabled && on.includes(problem.kind));
      const known = this.#told.get(toldKey('', problem.key))?.open === true;
      if (!listens && known === problem.over) this.#addQuietly(problem, now);
    }
  }

  #addQuietly(problem: Problem, now: number): void {
    const told: Told = { channel: '', key: problem.key, at: now, open: !problem.over };
    this.#parts.store.add(messageFor([problem], now), [], [told], KEEP);
    this.#told.set(toldKey('', problem.key), told);
  }

  /** One at a time, oldest first, so that a channel hears them in their order. */
  async #deliver(channel: Channel): Promise<void> {
    const { name } = channel;
    if (this.#sending.has(name) || !channel.enabled) return;
    this.#sending.add(name);
    try {
      for (let next = this.#next(name); next !== undefined; next = this.#next(name)) {
        const { alert, delivery } = next;
        const settled = await this.#try(channel, alert, delivery);
        if (this.#stopping) return;
        this.#parts.store.settle(alert.n, settled);
        if (settled.state === 'waiting') return;
      }
    } catch (error) {
      this.#parts.log.error(`alerts for ${name}: ${messageOf(error)}`);
    } finally {
      this.#sending.delete(name);
    }
  }

  #next(name: string): ReturnType<AlertStore['next']> {
    const next = this.#stopping || !this.#channels.has(name) ? undefined : this.#parts.store.next(name);
    return next !== undefined && next.delivery.due <= this.#now() ? next : undefined;
  }

  async #try(channel: Channel, alert: Alert, before: Delivery): Promise<Delivery> {
    const tries = before.tries + 1;
    try {
      await this.#parts.send(channel, alert, this.#parts.id);
      return { ...before, state: 'sent', tries, problem: null };
    } catch (error) {
      const problem = reasonOf(error);
      const now = this.#now();
      const state = now - alert.at > GIVE_UP_MS ? 'failed' : 'waiting';
      if (tries === 1 || state === 'failed')
        this.#parts.log.warn(
          `the alert channel ${channel.name} did not take number ${alert.n}${state === 'failed' ? ' for a day' : ''}: ${problem}`,
        );
      return { ...before, state, tries, due: now + Math.min(BACKOFF_MS * 2 ** (tries - 1), BACKOFF_MOST_MS), problem };
    }
  }

  #now(): number {
    return this.#parts.now?.() ?? Date.now();
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#parts.log.error(`alerts: ${messageOf(error)}`);
    }
  }
}

const toldKey = (channel: string, key: string): string => `${channel}\n${key}`;

function messageFor(problems: readonly Problem[], at: number): Omit<Alert, 'n'> {
  const [first] = problems;
  const kind = first?.kind ?? 'routine';
  const state = first?.over === true ? 'recovered' : 'problem';
  if (first !== undefined && problems.length === 1)
    return { at, kind, state, subject: first.over ? `Over: ${first.subject}` : first.subject, message: first.message };
  const lines = problems.slice(0, NAMED_MOST).map(({ message }) => message.split('\n')[0] ?? '');
  if (problems.length > NAMED_MOST) lines.push(`and ${problems.length - NAMED_MOST} more`);
  return {
    at,
    kind,
    state,
    subject: `${problems.length} times ${kind}${state === 'recovered' ? ' is over' : ''}`,
    message: lines.join('\n'),
  };
}

/** What stood in the way, with what the system says of the connection. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${messageOf(error)}${cause}`.slice(0, 300);
}
