import type { BusEvent, EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { type Act, REACTOR_USER } from './act.ts';
import { compileReactions } from './compile.ts';
import type { ReactorMap } from './map.ts';
import type { RenderReactions } from './render.ts';
import type { PlannedAction, ReactorStore, RecordedEvent } from './sqlite.ts';

export interface ReactorParts {
  readonly bus: EventBus;
  readonly map: ReactorMap;
  readonly store: ReactorStore;
  readonly render: RenderReactions;
  readonly act: Act;
  /** `reactor_worker_threads` and `reactor_worker_hwm`. */
  readonly bounds: () => { readonly workers: number; readonly waiting: number };
  readonly log: Log;
}

/** Minions need so long at most to find back to a master that was started anew. */
const SETTLING_MS = 30_000;

/**
 * Reacts to events. Each event that a reactor is configured for is written down while it is fired, its actions
 * before the first of them runs, and each is taken out when it is done: what a killed master left is done by the next.
 * Events are taken in order; runners and wheels run beside each other, as many as there are workers.
 */
export class Reactor implements AsyncDisposable {
  readonly #parts: ReactorParts;
  readonly #stopListening: () => void;
  readonly #running = new Set<Promise<void>>();
  /** In a cluster only the leader reacts. */
  leader = true;
  #last = 0;
  #working: Promise<void> | undefined;
  #stopped = false;
  #warned = false;
  /** Events up to this one were there when this master started. */
  readonly #inherited: number;
  readonly #begun = performance.now();

  constructor(parts: ReactorParts) {
    this.#parts = parts;
    this.#inherited = parts.store.newest;
    this.#stopListening = parts.bus.listen((event) => this.#hear(event));
    this.#wake();
  }

  /** Lets the actions under way end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    this.#stopped = true;
    await this.#working;
    await Promise.race([Promise.all(this.#running), new Promise((resolve) => setTimeout(resolve, 2000).unref())]);
    await this.#parts.store[Symbol.asyncDispose]();
  }

  #hear({ tag, data }: BusEvent): void {
    if (!this.leader || data['user'] === REACTOR_USER || this.#parts.map.filesFor(tag).length === 0) return;
    this.#parts.store.record(tag, data);
    this.#wake();
  }

  #wake(): void {
    if (this.#stopped) return;
    this.#working ??= this.#work().then(
      () => {
        this.#working = undefined;
        if (!this.#stopped && this.#parts.store.next(this.#last) !== undefined) this.#wake();
      },
      (error: unknown) => {
        this.#working = undefined;
        this.#parts.log.error(`the reactor pauses until the next event: ${messageOf(error)}`);
      },
    );
  }

  async #work(): Promise<void> {
    for (;;) {
      await null; // whoever fired the event goes first
      const event = this.#stopped ? undefined : this.#parts.store.next(this.#last);
      if (event === undefined) return;
      this.#warnOfMany(event.id);
      if (!event.planned) await this.#plan(event);
      for (const action of this.#parts.store.actions(event.id)) await this.#do(event, action);
      this.#last = event.id;
    }
  }

  async #plan({ id, tag, data }: RecordedEvent): Promise<void> {
    const { map, render, store, log } = this.#parts;
    const files = map.filesFor(tag);
    const { chunks, errors } = compileReactions(await render(files, tag, data));
    if (errors.length > 0)
      log.error(
        `Unable to render reactions for event ${tag} due to errors (${errors.join('; ')}) in one or more of the sls files (${files.join(', ')})`,
      );
    store.plan(id, errors.length > 0 ? [] : chunks.map((low) => ({ jid: newJid(), low })));
  }

  async #do(event: RecordedEvent, action: PlannedAction): Promise<void> {
    try {
      if (action.low['state'] === 'local') await this.#publish(event, action);
      else await this.#run(event, action);
    } catch (error) {
      this.#complain(event.tag, action.low, messageOf(error));
      this.#parts.store.done(event.id, action.n);
    }
  }

  /** Done when the minions have it: what a master that ended had sent may not have reached them, nor what one that just started sends. */
  async #publish({ id, tag }: RecordedEvent, { low, jid, n }: PlannedAction): Promise<void> {
    const unheard = id <= this.#inherited || performance.now() - this.#begun < SETTLING_MS;
    const { heard } = await this.#parts.act.publish(low, jid, unheard);
    void heard
      .then(() => this.#stopped || this.#parts.store.done(id, n))
      .catch((error: unknown) => this.#complain(tag, low, messageOf(error)));
  }

  /** Begun at most once: nobody knows what a runner that was killed had done. */
  async #run(event: RecordedEvent, { low, jid, n, claimed }: PlannedAction): Promise<void> {
    const { store, act, bounds } = this.#parts;
    if (claimed) throw new Error('the master ended while it ran, and it is not begun again');
    while (this.#running.size >= bounds().workers) await Promise.race(this.#running);
    store.claim(event.id, n);
    const running = act
      .run(low, jid)
      .catch((error: unknown) => this.#complain(event.tag, low, messageOf(error)))
      .then(() => store.done(event.id, n))
      .catch((error: unknown) => this.#complain(event.tag, low, messageOf(error)))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #complain(tag: string, low: Message, why: string): void {
    const what = `${String(low['state'])} '${String(low['fun'])}'`;
    this.#parts.log.error(
      `Reactor '${String(low['__id__'])}' failed to execute ${what} for tag ${tag} (${String(low['__sls__'])}): ${why}`,
    );
  }

  /** Nothing is dropped, for it is on the disk; but whoever runs the master must know. */
  #warnOfMany(id: number): void {
    const most = this.#parts.bounds().waiting;
    const many = this.#parts.store.newest - id > most;
    if (many && !this.#warned)
      this.#parts.log.warn(`more than ${most} events wait for the reactor (reactor_worker_hwm): see reactor_worker_threads`);
    this.#warned = many;
  }
}
