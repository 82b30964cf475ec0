import type { Message, SuiteName } from '../../protocol/suites/suite.ts';
import type { Publication } from '../listen/publication.ts';

/** How one function ended. */
export interface Ended {
  readonly value: unknown;
  readonly retcode: number;
  readonly success: boolean;
  readonly out?: string;
}

/**
 * The load of a `_return`, as Salt's minion makes it (wire-protocol facts, `_return` details): for one function
 * plain values, for several maps keyed by function, or lists when `multifunc_ordered` is set.
 */
export function returnLoad(id: string, job: Publication, ended: readonly Ended[], ordered: boolean, now: Date): Message {
  const load: Record<string, unknown> = Object.create(null);
  Object.assign(load, { cmd: '_return', id, ...results(job, ended, ordered), jid: job.jid });
  load['fun'] = job.several ? job.funs : job.funs[0];
  load['fun_args'] = job.several ? job.args : job.args[0];
  load['user'] = job.user;
  const out = job.several ? undefined : ended[0]?.out;
  if (out !== undefined) load['out'] = out;
  if (job.metadata !== undefined && job.metadata !== null) load['metadata'] = job.metadata;
  if (job.raw['master_id'] !== undefined) load['master_id'] = job.raw['master_id'];
  if (job.returnerConfig !== '') load['ret_config'] = job.returnerConfig;
  if (Object.keys(job.returnerOptions).length > 0) load['ret_kwargs'] = job.returnerOptions;
  load['_stamp'] = stampOf(now);
  return load;
}

/**
 * The return of a job that will never end, because the minion was restarted under it. `lost` says so to `forSuite`
 * only; it does not travel.
 */
export function lostLoad(id: string, jid: string, fun: string, why: string, now: Date): Message {
  return {
    cmd: '_return',
    id,
    success: false,
    return: why,
    retcode: 1,
    jid,
    fun,
    fun_args: [],
    out: 'nested',
    _stamp: stampOf(now),
    lost: why,
  };
}

/**
 * A kept load in the words the master knows: tsalt has a state for a lost job, Salt only knows failed returns; tsalt
 * takes a return that nobody asked for under its own job id, so that it can be delivered twice, Salt under a word.
 */
export function forSuite(load: Message, suite: SuiteName | undefined): Message {
  const { lost, unasked, retention, ...rest } = load;
  if (unasked !== undefined || retention !== undefined) {
    if (suite !== 'native') return unasked === undefined ? rest : { ...rest, jid: unasked };
    return { ...rest, ...(retention === undefined ? {} : { retention }), ...(unasked === 'nocache' ? { nocache: true } : {}) };
  }
  if (lost === undefined) return load;
  return suite === 'native' ? { cmd: '_job_state', jid: load['jid'], state: 'lost', reason: lost } : rest;
}

const stampOf = (date: Date): string => `${date.toISOString().slice(0, -1)}000`;

function results(job: Publication, ended: readonly Ended[], ordered: boolean): Message {
  const first = ended[0];
  if (!job.several) return { success: first?.success ?? false, return: first?.value ?? null, retcode: first?.retcode ?? 1 };
  if (ordered) {
    return { success: ended.map((end) => end.success), return: ended.map((end) => end.value), retcode: ended.map((end) => end.retcode) };
  }
  const by = (pick: (end: Ended) => unknown): Message => {
    const map: Record<string, unknown> = Object.create(null);
    job.funs.forEach((fun, index) => {
      const end = ended[index];
      if (end !== undefined) map[fun] = pick(end);
    });
    return map;
  };
  return { success: by((end) => end.success), return: by((end) => end.value), retcode: by((end) => end.retcode) };
}
