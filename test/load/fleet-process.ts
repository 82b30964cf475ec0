import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Crypticle } from '../../protocol/suites/salt/crypticle.ts';
import { bytesOf, decodeEnvelope, decodeMessage, isMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import type { EnrolReport, FleetOptions, FleetOrder, JobsReport, Stats } from './fleet.ts';
import { simulatedKeys } from './keys.ts';
import { type Fleet, openKey, SimulatedMinion, Turns } from './simulated-minion.ts';
import { ask } from './zmtp.ts';

/*
 * The process of a simulated fleet: takes orders from `fleet.ts` over the channel it was forked with. What is the
 * same for all minions (opening a publication, matching its target) is done once, so that it costs little.
 */

/** Request connections, in a fleet that does not keep them. */
const OPEN_AT_ONCE = 1000;

interface Publication {
  readonly jid: string;
  readonly fun: string;
  readonly load: Readonly<Record<string, unknown>>;
  readonly matches: (id: string) => boolean;
}

/** Acknowledged returns by job, and who waits for them. */
class Acknowledged {
  readonly #counts = new Map<string, number>();
  #waiting: { jid: string; count: number; done: () => void } | undefined;

  add(jid: string): void {
    const count = (this.#counts.get(jid) ?? 0) + 1;
    this.#counts.set(jid, count);
    if (this.#waiting?.jid === jid && count >= this.#waiting.count) this.#waiting.done();
  }

  of(jid: string): number {
    return this.#counts.get(jid) ?? 0;
  }

  /** Resolves when there are `count`, or at `end` (ms since the epoch). */
  async reach(jid: string, count: number, end: number): Promise<void> {
    if (this.of(jid) >= count) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      this.#waiting = { jid, count, done };
      timer = setTimeout(done, Math.max(0, end - Date.now()));
    });
    clearTimeout(timer);
    this.#waiting = undefined;
  }
}

class SimulatedFleet implements Fleet {
  readonly ports: FleetOptions['ports'];
  readonly turns: Turns | undefined;
  readonly #options: FleetOptions;
  readonly #minions: SimulatedMinion[] = [];
  readonly #acknowledged = new Acknowledged();
  readonly #errors = new Map<string, number>();
  #publishKey: Promise<Crypticle> | undefined;
  #lastFrame = Buffer.alloc(0);
  #lastPublication: Publication | undefined;
  #received = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.ports = options.ports;
    this.turns = options.keepRequests === false ? new Turns(OPEN_AT_ONCE) : undefined;
  }

  async publishKey(sealed: Uint8Array, privateKey: KeyObject): Promise<void> {
    this.#publishKey ??= openKey(sealed, privateKey);
    this.#opened ??= await this.#publishKey;
  }
  #opened: Crypticle | undefined;

  note(where: string, error: unknown): void {
    const text = `${where}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 160);
    this.#errors.set(text, (this.#errors.get(text) ?? 0) + 1);
  }

  publication(minion: SimulatedMinion, frame: Buffer): void {
    const job = this.#open(frame);
    if (job === undefined || !job.matches(minion.id)) return;
    this.#received += 1;
    void this.#answer(minion, job);
  }

  async enrol(): Promise<EnrolReport> {
    const { count, first = 0, prefix = 'sim' } = this.#options;
    const keys = await simulatedKeys(Math.min(count, this.#options.keys ?? 100));
    for (let at = 0; at < count; at += 1) {
      const key = keys[at % keys.length];
      if (key !== undefined) this.#minions.push(new SimulatedMinion(`${prefix}${String(first + at).padStart(5, '0')}`, key, this));
    }
    const began = performance.now();
    const left = [...this.#minions];
    let enrolled = 0;
    const line = async (): Promise<void> => {
      for (let minion = left.shift(); minion !== undefined; minion = left.shift()) {
        try {
          await minion.enrol();
          enrolled += 1;
        } catch (error) {
          this.note('enrolment', error);
        }
      }
    };
    await Promise.all(Array.from({ length: this.#options.parallel ?? 50 }, line));
    return { enrolled, seconds: (performance.now() - began) / 1000, errors: this.#sample() };
  }

  /** Publishes jobs on the wire, with the user key as a local tool does; each waits for the one before unless `burst`. */
  async jobs(order: Extract<FleetOrder, { op: 'jobs' }>): Promise<JobsReport> {
    const end = Date.now() + order.limitSeconds * 1000;
    const key = readFileSync(this.#options.userKeyFile, 'utf8').trim();
    const wanted = this.#minions.length;
    const jids: string[] = [];
    const seconds: number[] = [];
    const began = performance.now();
    for (let at = 0; at < order.count; at += 1) {
      const from = performance.now();
      const jid = await this.#publish(key, order.fun);
      jids.push(jid);
      if (order.burst) continue;
      await this.#acknowledged.reach(jid, wanted, end);
      seconds.push((performance.now() - from) / 1000);
    }
    if (order.burst) for (const jid of jids) await this.#acknowledged.reach(jid, wanted, end);
    const returns = jids.reduce((sum, jid) => sum + this.#acknowledged.of(jid), 0);
    return {
      jids,
      returns,
      missing: jids.length * wanted - returns,
      seconds: (performance.now() - began) / 1000,
      perJob: seconds,
      errors: this.#sample(),
    };
  }

  async count(order: Extract<FleetOrder, { op: 'count' }>): Promise<number> {
    await this.#acknowledged.reach(order.jid, order.atLeast, Date.now() + order.limitSeconds * 1000);
    return this.#acknowledged.of(order.jid);
  }

  stats(): Stats {
    const { user, system } = process.cpuUsage();
    return { received: this.#received, cpuSeconds: (user + system) / 1e6, errors: this.#sample() };
  }

  #open(frame: Buffer): Publication | undefined {
    if (frame.equals(this.#lastFrame)) return this.#lastPublication;
    this.#lastFrame = Buffer.from(frame);
    this.#lastPublication = undefined;
    const box = bytesOf(decodeEnvelope(this.#lastFrame)['load']);
    if (box === undefined || this.#opened === undefined) return undefined;
    try {
      this.#lastPublication = publicationOf(decodeMessage(this.#opened.open(box)));
    } catch (error) {
      this.note('publication', error);
    }
    return this.#lastPublication;
  }

  async #answer(minion: SimulatedMinion, job: Publication): Promise<void> {
    const value = job.fun === 'saltutil.find_job' ? {} : this.#options.returnBytes ? 'x'.repeat(this.#options.returnBytes) : true;
    try {
      await minion.call({ cmd: '_return', ...job.load, return: value, success: true, retcode: 0 });
      this.#acknowledged.add(job.jid);
    } catch (error) {
      this.note('return', error);
    }
  }

  async #publish(key: string, fun: string): Promise<string> {
    const { host, request } = this.ports;
    const load = {
      cmd: 'publish',
      tgt: `${this.#options.prefix ?? 'sim'}*`,
      fun,
      arg: [],
      key,
      tgt_type: 'glob',
      ret: '',
      jid: '',
      user: 'root',
      kwargs: {},
    };
    const answer = decode(await ask(host, request, encode({ enc: 'clear', version: 3, load })));
    const inner = isMessage(answer) ? answer['load'] : undefined;
    const jid = isMessage(inner) ? inner['jid'] : undefined;
    if (typeof jid !== 'string') throw new Error(`the publication was refused: ${JSON.stringify(answer)}`);
    return jid;
  }

  #sample(): readonly string[] {
    return [...this.#errors].slice(0, 5).map(([text, times]) => `${times} x ${text}`);
  }
}

function publicationOf(job: Readonly<Record<string, unknown>>): Publication {
  const { jid, fun, arg, tgt, tgt_type: kind, user } = job;
  return { jid: String(jid), fun: String(fun), load: { jid, fun, fun_args: arg, user }, matches: matcherOf(tgt, kind) };
}

/** Globs with `*` alone, and lists, are what the measurements use. */
function matcherOf(target: unknown, kind: unknown): (id: string) => boolean {
  if (Array.isArray(target) || kind === 'list') {
    const ids = new Set(Array.isArray(target) ? target : String(target).split(','));
    return (id) => ids.has(id);
  }
  const pattern = new RegExp(
    `^${String(target)
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')}$`,
  );
  return (id) => pattern.test(id);
}

const fleet = new SimulatedFleet(JSON.parse(process.argv[2] ?? '{}') as FleetOptions);

async function obey(order: FleetOrder): Promise<unknown> {
  if (order.op === 'enrol') return await fleet.enrol();
  if (order.op === 'jobs') return await fleet.jobs(order);
  if (order.op === 'count') return await fleet.count(order);
  return fleet.stats();
}

process.on('message', (order: FleetOrder) => {
  obey(order).then(
    (report) => process.send?.({ report }),
    (error: unknown) => process.send?.({ failed: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
