import type { AnyReturner, Handed, Host, JobResult, Log, MasterEvent, Outlet } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { Exit } from './exit.ts';
import { type Lookup, noWish, returnerOptions, type Wish } from './options.ts';
import type { Bounds } from './outbox.ts';

/** Where returners are looked up: the definition, or why there is none to use. */
export type FindReturner = (name: string) => Promise<AnyReturner | { readonly refused: string }>;

export interface ReturnersParts {
  readonly id: string;
  readonly host: Host;
  readonly find: FindReturner;
  readonly lookup: Lookup;
  readonly bounds: () => Bounds;
  readonly log: Log;
}

const IDLE_MS = 300_000;

/**
 * The returners of a daemon. Handing over never waits and never fails: what a returner could not take is in the log,
 * with its name and the reason.
 */
export class Returners {
  readonly #parts: ReturnersParts;
  readonly #exits = new Map<string, Exit>();
  readonly #complaints = new Map<string, number>();
  readonly #handing = new Set<Promise<void>>();
  #closed = false;

  constructor(parts: ReturnersParts) {
    this.#parts = parts;
  }

  /** Hands one result to each of these returners. */
  hand(names: readonly string[], result: JobResult, wish: Wish = noWish): void {
    const handed = [{ at: new Date(), what: result }];
    for (const name of new Set(names)) this.#later(name, `the return of job ${result.jid}`, wish, (exit) => exit.hand(handed));
  }

  events(names: readonly string[], events: readonly Handed<MasterEvent>[]): void {
    for (const name of new Set(names)) this.#later(name, 'events', noWish, (exit) => exit.handEvents(events));
  }

  /** What a returner kept. @throws Error when there is none of this name, or it cannot read back */
  async ask(name: string, what: Parameters<NonNullable<Outlet['ask']>>[0], of: string) {
    const outlet = await (await this.#exit(name, noWish)).outlet();
    if (outlet.ask === undefined) throw new Error(`the returner ${name} cannot read back what it was sent`);
    return await outlet.ask(what, of);
  }

  /** Lets what was handed over get there, up to `ms`. */
  async settle(ms: number): Promise<void> {
    const end = Date.now() + ms;
    do {
      await Promise.all(this.#handing);
      await Promise.all([...this.#exits.values()].map((exit) => exit.settle(Math.max(0, end - Date.now()))));
      // One returner may hand on to others.
    } while (Date.now() < end && (this.#handing.size > 0 || [...this.#exits.values()].some((exit) => exit.busy)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#handing);
    await Promise.all([...this.#exits.values()].map((exit) => exit.close()));
    this.#exits.clear();
  }

  #later(name: string, what: string, wish: Wish, act: (exit: Exit) => void): void {
    if (this.#closed) return;
    const handing = this.#exit(name, wish)
      .then(act)
      .catch((error: unknown) => this.#complain(`the returner ${name} did not get ${what}: ${messageOf(error)}`))
      .finally(() => this.#handing.delete(handing));
    this.#handing.add(handing);
  }

  /** The same text once a minute: events come by the thousand. */
  #complain(text: string): void {
    const now = Date.now();
    if (now - (this.#complaints.get(text) ?? 0) < 60_000) return;
    for (const [said, at] of this.#complaints) if (now - at >= 60_000) this.#complaints.delete(said);
    this.#complaints.set(text, now);
    this.#parts.log.error(text);
  }

  /** One for each set of options, so that a changed configuration counts at once. */
  async #exit(name: string, wish: Wish): Promise<Exit> {
    const { find, lookup, bounds, id, host, log } = this.#parts;
    const found = await find(name);
    if ('refused' in found) throw new Error(found.refused);
    const options = returnerOptions(found, lookup, wish);
    const key = JSON.stringify([name, options]);
    const known = this.#exits.get(key);
    if (known !== undefined) return known;
    this.#leaveIdle();
    const other = (next: string): Outlet => this.#facade(name, next, wish);
    const exit = new Exit(found, options, { id, host, log, bounds: bounds(), other });
    this.#exits.set(key, exit);
    return exit;
  }

  #leaveIdle(): void {
    for (const [key, exit] of this.#exits) {
      if (!exit.idle(IDLE_MS)) continue;
      this.#exits.delete(key);
      void exit.close();
    }
  }

  /** Another returner as one returner sees it: what it is sent waits in its own queue. */
  #facade(by: string, name: string, wish: Wish): Outlet {
    if (name === by) throw new Error(`${by} names itself`);
    const within = async (act: (exit: Exit) => void): Promise<void> => act(await this.#exit(name, wish));
    return {
      send: (results) => within((exit) => exit.hand(results)),
      events: (events) => within((exit) => exit.handEvents(events)),
      ask: (what, of) => this.ask(name, what, of),
    };
  }
}
