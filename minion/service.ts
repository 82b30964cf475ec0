import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../modules/define.ts';
import { messageOf } from '../protocol/errors.ts';
import type { Message } from '../protocol/suites/suite.ts';
import type { Agent } from './agent.ts';
import { loadGrains } from './calls/dynamic.ts';
import type { Heartbeat } from './duties/heartbeat.ts';
import type { RunOwn } from './duties/schedule/open.ts';
import { announce, fireEvent } from './duties/start.ts';
import type { MasterLink } from './link/contract.ts';
import type { Link, LinkEvents } from './link/link.ts';
import { JidLog } from './listen/jidlog.ts';
import { Listener } from './listen/listener.ts';
import { isMeant } from './listen/match.ts';
import type { Publication } from './listen/publication.ts';
import { handOver, withReturners } from './returners/open.ts';
import { Delivery } from './run/deliver.ts';
import { lostLoad } from './run/load.ts';
import { type Reports, Runner } from './run/runner.ts';
import { Spool } from './run/spool.ts';
import { deliverySettings, type Options, runnerSettings, spoolBounds } from './settings.ts';

/** What belongs to one master beside its link. */
interface Desk {
  readonly link: Link;
  readonly listener: Listener;
  readonly delivery: Delivery;
  readonly reports: Reports;
}

/**
 * The daemon's work between the links and the agent: jobs in, returns out, and what is due at the start of a
 * session. Knows nothing of sockets, keys or signals.
 */
export class Service implements LinkEvents {
  readonly #id: string;
  readonly #options: () => Options;
  readonly #agent: Agent;
  readonly #heartbeat: Heartbeat;
  readonly #log: Log;
  readonly #jids: JidLog;
  readonly #spool: Spool;
  readonly #runner: Runner;
  readonly #desks = new Map<Link, Desk>();
  readonly #jobs = new Set<Promise<unknown>>();
  readonly #onAway: (link: Link) => void;
  /** Who heard of the last job of the minion's own. */
  #heard: readonly Desk[] = [];
  #announced = false;

  constructor(agent: Agent, heartbeat: Heartbeat, onAway: (link: Link) => void, log: Log) {
    const { id, options, paths, jobs } = agent.ports;
    this.#id = id;
    this.#options = options;
    this.#agent = agent;
    this.#heartbeat = heartbeat;
    this.#onAway = onAway;
    this.#log = log;
    mkdirSync(paths.cachedir, { recursive: true, mode: 0o750 });
    this.#jids = new JidLog(join(paths.cachedir, 'jids.log'), (error) =>
      log.error(`jobs are not remembered on the disk: ${messageOf(error)}`),
    );
    this.#spool = new Spool(join(paths.cachedir, 'returns.spool'), spoolBounds(options()), (kept, why) =>
      log.error(`the return of job ${kept.jid} for the master ${kept.master} is dropped: ${why}`),
    );
    jobs.returnsBy((jid) => this.#spool.holds(jid));
    const toReturners = handOver.bind(undefined, agent.ports.returners);
    this.#runner = new Runner(runnerSettings(options(), id), (task) => agent.execute(task), this.#jids, jobs, toReturners, log);
  }

  /** Jobs that a crash of the last process cut off become returns that say so. */
  async reportCutOff(): Promise<void> {
    const why = `The minion ${this.#id} was restarted while this job was running; its result is lost.`;
    for (const { jid, master, fun } of this.#jids.open()) {
      if (!this.#spool.holds(jid)) this.#spool.keep(master, jid, lostLoad(this.#id, jid, fun, why, new Date()));
      this.#jids.end(jid);
    }
    await this.#spool.secure();
  }

  add(link: Link): void {
    const delivery = new Delivery(this.#spool, link, deliverySettings(this.#options()), this.#log);
    const reports = this.#reports(link, delivery);
    const listener = new Listener(
      link,
      (job) => isMeant(job.target, this.#subject(), this.#log),
      (job) => this.#take(withReturners(job, this.#options()), reports),
      this.#log,
    );
    this.#desks.set(link, { link, listener, delivery, reports });
  }

  frames(link: Link, frames: readonly Uint8Array[]): void {
    this.#desks.get(link)?.listener.hear(frames);
  }

  joined(link: Link, first: boolean): void {
    void this.#begin(link, first).catch((error: unknown) =>
      this.#log.error(`the start with the master ${link.master} failed: ${messageOf(error)}`),
    );
  }

  reconnected(link: Link): void {
    this.#desks.get(link)?.delivery.wake();
    void this.#heartbeat.beat(link);
  }

  away(link: Link): void {
    this.#onAway(link);
  }

  /** Runs a job of the minion's own. `told` makes of its return what the masters hear; undefined tells them nothing. */
  readonly runOwn: RunOwn = async (job, told) => {
    const reports: Reports = {
      master: '',
      give: async (jid, load) => {
        const shown = told(load);
        if (shown !== undefined) await Promise.all(this.#listening().map(({ reports: desk }) => desk.give(jid, shown)));
      },
      running: () => undefined,
      output: () => undefined,
      event: (tag, data) => {
        for (const { reports: desk } of this.#listening()) desk.event(tag, data);
      },
    };
    const run = this.#runner
      .runOwn(job, reports)
      .catch((error: unknown) => this.#log.error(`job ${job.jid} broke: ${messageOf(error)}`))
      .finally(() => this.#jobs.delete(run));
    this.#jobs.add(run);
    await run;
  };

  /** The desks of the masters that are joined; while none is, of those that were. */
  #listening(): readonly Desk[] {
    const joined = [...this.#desks.values()].filter(({ link }) => link.joined);
    if (joined.length > 0) this.#heard = joined;
    return this.#heard;
  }

  /** Lets running jobs end, up to `ms`, and hands over what can be handed over. */
  async settle(ms: number): Promise<void> {
    await Promise.race([Promise.allSettled(this.#jobs), new Promise((resolve) => setTimeout(resolve, ms).unref())]);
    await Promise.all([...this.#desks.values()].map(({ delivery }) => delivery.settle(ms)));
  }

  /** After the links are closed: nothing more is written. */
  async close(): Promise<void> {
    for (const { delivery } of this.#desks.values()) await delivery.close();
    this.#jids.close();
    this.#spool.close();
  }

  /** In the order in which Salt's minion begins: pillar, start events; then jobs are taken, and the schedule begins. */
  async #begin(link: Link, first: boolean): Promise<void> {
    const desk = this.#desks.get(link);
    if (desk === undefined) return;
    desk.delivery.wake();
    await this.#heartbeat.beat(link);
    if (!first) return;
    await loadGrains(this.#agent.ports).catch((error: unknown) => this.#log.error(`no grains were synchronised: ${messageOf(error)}`));
    await this.#agent.ports.pillar
      .refresh()
      .catch((error: unknown) => this.#log.error(`no pillar from the master ${link.master}: ${messageOf(error)}`));
    desk.listener.ready();
    await announce(link, this.#announcement(), this.#log);
    if (!this.#announced) {
      this.#announced = true;
      this.#heard = [desk];
      this.#agent.ports.schedule.scheduler.start();
    }
  }

  #announcement() {
    const names = this.#options()['start_event_grains'];
    const grains: Record<string, unknown> = Object.create(null);
    for (const name of Array.isArray(names) ? names.map(String) : []) grains[name] = this.#agent.ports.grains.items[name] ?? null;
    return { id: this.#id, grains, legacy: this.#options()['enable_legacy_startup_events'] !== false };
  }

  #subject() {
    const { grains, pillar } = this.#agent.ports;
    return { id: this.#id, grains: grains.items, pillar: pillar.items };
  }

  #take(job: Publication, reports: Reports): void {
    const run = this.#runner
      .run(job, reports)
      .catch((error: unknown) => this.#log.error(`job ${job.jid} broke: ${messageOf(error)}`))
      .finally(() => this.#jobs.delete(run));
    this.#jobs.add(run);
  }

  #reports(link: Link, delivery: Delivery): Reports {
    return {
      master: link.master,
      give: async (jid, load) => {
        if (this.#options()['pub_ret'] !== false) await delivery.give(jid, load);
      },
      running: (job, since) =>
        this.#tell(link, { cmd: '_job_state', jid: job.jid, state: 'running', pid: process.pid, since: new Date(since).toISOString() }),
      output: (job, stream, text) => this.#tell(link, { cmd: '_job_output', jid: job.jid, stream, text }),
      event: (tag, data) => {
        fireEvent(link, tag, data).catch((error: unknown) => this.#log.warn(`the event ${tag} was not fired: ${messageOf(error)}`));
      },
    };
  }

  /** What only a tsalt master understands, and nobody waits for. */
  #tell(link: MasterLink, load: Message): void {
    if (link.suite !== 'native') return;
    link.ask(load, { tries: 1 }).catch((error: unknown) => this.#log.debug(`the master ${link.master} was not told: ${messageOf(error)}`));
  }
}
