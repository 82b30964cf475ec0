import type { EventBus } from '../../kernel/events/bus.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { isJid, type Jid, newJid } from '../../protocol/jid.ts';
import type { RunRequest, Target } from '../client/contract.ts';
import type { Fleet, Matched } from '../fleet/fleet.ts';
import type { Job, JobStore } from '../jobs/store.ts';
import { withoutSecrets } from './secrets.ts';
import type { JobsUnderWay, JobUnderWay } from './under-way.ts';

/** Seals a publication by each suite in use and sends it: the wire's end of publishing. */
export type Broadcast = (publication: Readonly<Record<string, unknown>>, minions: readonly string[]) => Promise<void>;

export interface PublisherParts {
  readonly fleet: Fleet;
  readonly jobs: JobStore;
  readonly underWay: JobsUnderWay;
  readonly bus: EventBus;
  readonly broadcast: Broadcast;
  /** The master's `job_cache`: false keeps nothing. */
  readonly jobCache: boolean;
  /** A returner that every job names, or none (`ext_job_cache`). */
  readonly extJobCache: () => string;
}

export interface PublishExtras {
  /** The minion that publishes to its peers. */
  readonly by?: string;
  /** The master's own question: not stored, no event, not listed. */
  readonly internal?: boolean;
  /** At most these of the minions the target matches, and named by their ids: no minion decides by itself that it is meant. */
  readonly only?: readonly string[];
  /** Retention class. */
  readonly keep?: string;
  /** Minions may not have found back to this master yet: those who stay silent get it again, and are waited for. */
  readonly insist?: { readonly heard: () => void };
  /** A job of this id may be stored already: the master ended before it was certain that it was sent. */
  readonly again?: boolean;
}

export interface Publisher {
  /** @returns undefined when no minion matches: nothing is sent and no job id given (as Salt does). @throws BadTarget, TsaltError `jid-taken` */
  publish(request: RunRequest, user: string, extras?: PublishExtras): Promise<JobUnderWay | undefined>;
  /** The same, but sending is left to the caller: in parts, for a batch. */
  prepare(request: RunRequest, user: string, extras?: PublishExtras): Promise<Prepared | undefined>;
  preview(target: Target): readonly string[];
}

/** A job that is known and stored, of which nothing was sent yet. */
export interface Prepared {
  readonly underWay: JobUnderWay;
  readonly minions: readonly string[];
  /** To all of `minions`, or to some of them by a list target. */
  send(some?: readonly string[]): Promise<void>;
}

export function createPublisher(parts: PublisherParts): Publisher {
  const prepare = async (asked: RunRequest, user: string, extras: PublishExtras = {}): Promise<Prepared | undefined> => {
    const request = extras.internal === true ? asked : withReturner(asked, parts.extJobCache());
    const matched = matching(parts.fleet, request.target, extras.only);
    const minions = request.subset === undefined ? matched.minions : sample(matched.minions, request.subset);
    if (minions.length === 0) return undefined;
    const cutOff = extras.again === true && isJid(request.jid) ? await parts.jobs.job(request.jid) : undefined;
    if (cutOff !== undefined) {
      // Minions that have it know its id: the target stays as it was.
      const send: Prepared['send'] = (some) => parts.broadcast(publication(cutOff, request, matched.wire, extras), some ?? minions);
      return { underWay: parts.underWay.get(cutOff.jid) ?? parts.underWay.resume(cutOff), minions, send };
    }
    const job = jobOf(request, user, [...minions, ...matched.missing].sort(), extras.keep);
    const stored = parts.jobCache && extras.internal !== true;
    if (stored) await parts.jobs.open(job);
    const underWay = parts.underWay.begin(job, stored);
    for (const id of matched.missing) {
      parts.underWay.part(job.jid, id, { state: 'lost', at: new Date(), reason: 'no key of this minion is accepted' });
    }
    const whole = request.subset === undefined ? matched.wire : listTarget(minions);
    if (extras.internal !== true) announce(parts.bus, job, whole, minions, matched.missing);
    return {
      underWay,
      minions,
      send: async (some) => {
        const wire = some === undefined ? whole : listTarget(some);
        const message = publication(job, request, wire, extras);
        if (extras.internal !== true) parts.bus.fire(`salt/job/${job.jid}/publish`, { ...message, arg: job.args });
        await parts.broadcast(message, some ?? minions);
      },
    };
  };
  return {
    preview: (target) => parts.fleet.match(target).minions,
    prepare,
    publish: async (request, user, extras) => {
      const prepared = await prepare(request, user, extras);
      await prepared?.send();
      return prepared?.underWay;
    },
  };
}

function matching(fleet: Fleet, target: Target, only: readonly string[] | undefined): Matched {
  const matched = fleet.match(target);
  if (only === undefined) return matched;
  const allowed = new Set(only);
  const minions = matched.minions.filter((id) => allowed.has(id));
  return { minions, missing: matched.missing, wire: listTarget(minions) };
}

const listTarget = (minions: readonly string[]) => ({ tgt: [...minions], tgt_type: 'list' });

function jobOf(request: RunRequest, user: string, expected: readonly string[], keep: string | undefined): Job {
  return {
    jid: takeJid(request.jid),
    user,
    target: { kind: request.target.kind, expression: request.target.expression },
    fun: request.fun,
    args: withoutSecrets(request.args),
    expected,
    ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
    ...(keep === undefined ? {} : { keep }),
  };
}

function takeJid(wanted: string | undefined): Jid {
  if (wanted === undefined || wanted === '') return newJid();
  if (!isJid(wanted)) throw new TsaltError('bad-jid', `${JSON.stringify(wanted)} is not a job id: 20 digits were expected`);
  return wanted;
}

function withReturner(request: RunRequest, name: string): RunRequest {
  const named = request.returners ?? '';
  return name === '' || named.split(',').includes(name) ? request : { ...request, returners: named === '' ? name : `${named},${name}` };
}

/** The map minions get, keys in Salt's order (wire-protocol section 6). */
function publication(
  job: Job,
  request: RunRequest,
  wire: { readonly tgt: string | readonly string[]; readonly tgt_type: string },
  extras: PublishExtras,
): Readonly<Record<string, unknown>> {
  return {
    fun: job.fun,
    arg: request.args,
    tgt: wire.tgt,
    jid: job.jid,
    ret: request.returners ?? '',
    ...(request.target.delimiter === undefined || request.target.delimiter === ':' ? {} : { delimiter: request.target.delimiter }),
    ...(extras.by === undefined ? {} : { id: extras.by }),
    tgt_type: wire.tgt_type,
    ...(request.returnerConfig === undefined ? {} : { ret_config: request.returnerConfig }),
    ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
    ...(request.moduleExecutors === undefined ? {} : { module_executors: request.moduleExecutors }),
    ...(request.executorOpts === undefined ? {} : { executor_opts: request.executorOpts }),
    ...(request.returnerOptions === undefined ? {} : { ret_kwargs: request.returnerOptions }),
    ...(request.follow === true ? { follow: true } : {}),
    user: job.user,
  };
}

function announce(
  bus: EventBus,
  job: Job,
  wire: { readonly tgt: unknown; readonly tgt_type: string },
  minions: readonly string[],
  missing: readonly string[],
): void {
  const data = { jid: job.jid, tgt_type: wire.tgt_type, tgt: wire.tgt, user: job.user, fun: job.fun, arg: job.args, minions, missing };
  bus.fire(`salt/job/${job.jid}/new`, data);
}

/** `count` of `from`, each choice equally likely (Fisher and Yates' shuffle, stopped early), sorted. */
function sample(from: readonly string[], count: number): string[] {
  const pool = [...from];
  const wanted = Math.min(count, pool.length);
  for (let i = 0; i < wanted; i += 1) {
    const j = i + Math.floor(Math.random() * (pool.length - i));
    const [a, b] = [pool[i] as string, pool[j] as string];
    pool[i] = b;
    pool[j] = a;
  }
  return pool.slice(0, wanted).sort();
}
