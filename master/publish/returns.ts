import { type EventBus, unixTime } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { isJid, type Jid, newJid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { Job, JobReturn, JobStore } from '../jobs/store.ts';
import { Allowance } from './allowance.ts';
import { withoutSecrets } from './secrets.ts';
import type { JobsUnderWay, JobUnderWay } from './under-way.ts';

/** What became of a return: `refused` ones are answered, logged and leave no trace. */
export type Intake =
  | { readonly verdict: 'stored' | 'repeat' | 'passed' }
  | { readonly verdict: 'refused' | 'unstored'; readonly why: string };

export interface ReturnsParts {
  readonly jobs: JobStore;
  readonly underWay: JobsUnderWay;
  readonly bus: EventBus;
  readonly jobCache: boolean;
  readonly log: Log;
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

/** Jobs a minion may make by itself within a minute (`tsalt-call` returns under the jid `req`). */
const OWN_JOBS_A_MINUTE = 120;

/** Takes returns in: checked, stored once, told to whoever follows the job, fired on the bus. */
export interface Returns {
  /** `load` as the minion sent it; its identity is `minion`, from the envelope, whatever the load says. */
  take(minion: string, load: Message): Promise<Intake>;
  /** Notes that a minion will never return, and why; a return that comes after all replaces it. */
  lose(jid: string, minion: string, reason: string): Promise<void>;
}

export function createReturns(parts: ReturnsParts): Returns {
  const { jobs, underWay, bus, log } = parts;
  const ownJobs = new Allowance(OWN_JOBS_A_MINUTE, OWN_JOBS_A_MINUTE, parts.now);

  /** Stores, and says what stood in the way. A full disk must not keep the result from the user. */
  const store = async (result: JobReturn): Promise<Intake> => {
    try {
      const verdict = await jobs.record(result);
      return verdict === 'unknown' ? { verdict: 'refused', why: `no job ${result.jid} is known` } : { verdict };
    } catch (error) {
      log.error(`the return of ${result.minion} for job ${result.jid} could not be stored: ${messageOf(error)}`);
      return { verdict: 'unstored', why: messageOf(error) };
    }
  };

  /** Jobs being read back from the store, so that a thousand returns after a restart read one once. */
  const recalling = new Map<string, Promise<JobUnderWay | undefined>>();
  const recall = async (jid: Jid): Promise<JobUnderWay | undefined> => {
    if (!parts.jobCache) return undefined;
    const reading =
      recalling.get(jid) ??
      jobs
        .job(jid)
        .then((report) => (report === undefined ? undefined : underWay.resume(report)))
        .finally(() => recalling.delete(jid));
    recalling.set(jid, reading);
    return await reading;
  };

  const takeKnown = async (result: JobReturn, load: Message): Promise<Intake> => {
    const { jid, minion } = result;
    const job = underWay.get(jid) ?? (await recall(jid));
    if (job === undefined) return { verdict: 'refused', why: `no job ${jid} is known` };
    if (job.exact && !job.parts.has(minion)) return { verdict: 'refused', why: `job ${jid} was not sent to ${minion}` };
    const intake = job.stored ? await store(result) : ({ verdict: 'passed' } as const);
    if (intake.verdict !== 'repeat' && intake.verdict !== 'refused') {
      underWay.returned(result, intake.verdict === 'unstored' ? intake.why : undefined);
      fireReturn(bus, result, load);
    }
    return intake;
  };

  /** A job nobody published: of `salt-call`, or of the minion's schedule. */
  const takeOwn = async (minion: string, load: Message, jid: unknown): Promise<Intake> => {
    const result = readReturn(minion, load, jid);
    if (typeof result === 'string') return { verdict: 'refused', why: result };
    // Not acknowledged: a minion that keeps what it could not hand over sends it again later.
    if (!ownJobs.take(minion)) return { verdict: 'unstored', why: `${minion} made more than ${OWN_JOBS_A_MINUTE} jobs in a minute` };
    if (parts.jobCache && load['jid'] !== 'nocache' && load['nocache'] !== true) {
      await jobs.open(ownJob(result, load));
      const intake = await store(result);
      if (intake.verdict !== 'stored') return intake;
    }
    fireReturn(bus, result, { ...load, jid: result.jid });
    return { verdict: 'stored' };
  };

  return {
    take: async (minion, load) => {
      if (load['jid'] === 'req' || load['jid'] === 'nocache') return await takeOwn(minion, load, newJid());
      const result = readReturn(minion, load, load['jid']);
      if (typeof result === 'string') return { verdict: 'refused', why: result };
      const isScheduled = typeof load['schedule'] === 'string' && (underWay.get(result.jid) ?? (await recall(result.jid))) === undefined;
      return isScheduled ? await takeOwn(minion, load, result.jid) : await takeKnown(result, load);
    },
    lose: async (id, minion, reason) => {
      const job = underWay.get(id);
      if (job === undefined) return;
      const at = new Date();
      const result: JobReturn = { jid: job.job.jid, minion, state: 'lost', reason, retcode: 1, success: false, returnedAt: at };
      if (job.stored) await store(result);
      underWay.part(id, minion, { state: 'lost', at, reason });
    },
  };
}

/** What is kept of a job that a minion made by itself. */
function ownJob({ jid, minion, fun, funArgs }: JobReturn, { retention, metadata }: Message): Job {
  return {
    jid,
    user: 'root',
    target: { kind: 'list', expression: [minion] },
    fun: fun ?? '',
    args: Array.isArray(funArgs) ? funArgs : [],
    expected: [minion],
    ...(isMessage(metadata) ? { metadata } : {}),
    ...(typeof retention === 'string' ? { keep: retention } : {}),
  };
}

/** The return in our terms, or what is wrong with the load. */
function readReturn(minion: string, load: Message, jid: unknown): JobReturn | string {
  if (!isJid(jid)) return `${JSON.stringify(jid)?.slice(0, 60)} is not a job id`;
  const { fun, out, retcode, success } = load;
  const several = Array.isArray(fun) && fun.every((name) => typeof name === 'string');
  if (typeof fun !== 'string' && !several) return 'the return names no function';
  const code = worst(retcode);
  const good = allTrue(success);
  const value = load['return'];
  return {
    jid,
    minion,
    state: code === 0 && good ? 'returned' : 'failed',
    retcode: code,
    success: good,
    value: value instanceof Packed ? value : new Packed(encode(value)),
    ...(typeof out === 'string' ? { out } : {}),
    fun: fun as string | string[],
    funArgs: cleanArgs(load['fun_args']),
    returnedAt: new Date(),
  };
}

const cleanArgs = (args: unknown): unknown => (Array.isArray(args) ? withoutSecrets(args) : args);

/** One code, or a map or list of them where several functions ran: the worst counts. */
function worst(retcode: unknown): number {
  if (typeof retcode === 'number') return Math.trunc(retcode);
  if (typeof retcode !== 'object' || retcode === null) return 0;
  return Object.values(retcode).reduce<number>(
    (most, code) => (typeof code === 'number' && Math.abs(code) > Math.abs(most) ? code : most),
    0,
  );
}

function allTrue(success: unknown): boolean {
  if (typeof success === 'object' && success !== null) return Object.values(success).every((each) => each !== false);
  return success !== false;
}

function fireReturn(bus: EventBus, result: JobReturn, load: Message): void {
  const { tok, nonce, sig, ...rest } = load;
  const funArgs = 'fun_args' in load ? { fun_args: result.funArgs } : {};
  bus.fire(`salt/job/${result.jid}/ret/${result.minion}`, { ts: unixTime(), ...rest, ...funArgs, id: result.minion, jid: result.jid });
}
