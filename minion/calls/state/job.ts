import { setTimeout as pause } from 'node:timers/promises';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Ctx } from '../../../modules/define.ts';
import type { Chunk } from '../../../states/engine/index.ts';
import type { Result } from '../../../states/engine/result.ts';
import type { RunOptions } from '../../../states/engine/run.ts';
import type { Ports } from '../ports.ts';
import { PauseFiles } from './pauses.ts';

const POLL_MS = 1000;

/** The id of the job a call belongs to. A call that somebody typed is in no table of jobs, but has an id. */
export function jidOf(ports: Ports, ctx: Ctx): string | undefined {
  const jid = ports.jobs.owning(ctx.signal)?.job.jid ?? ctx.extra['__pub_jid'];
  return typeof jid === 'string' ? jid : undefined;
}

/**
 * How a state run appears as a job: events of its progress to the masters, and stops at which it waits or ends.
 * `given`: its id, where the run is no job of this minion.
 */
export function jobOf(ports: Ports, ctx: Ctx, events: boolean, given?: string): Pick<RunOptions, 'gate' | 'progress'> {
  const jid = given ?? jidOf(ports, ctx);
  if (jid === undefined) return {};
  const pauses = new PauseFiles(ports.paths.cachedir);
  return {
    gate: async (chunk) => await passed(pauses, jid, chunk, ctx.signal),
    progress: async (chunk, result, total, next) => {
      const steps = { ret: { ...result }, len: total, ...(next === undefined ? {} : { next: next.id }) };
      ports.watchers.tell(steps);
      const tag = tagFor(jid, ports.id, chunk, result, events);
      if (tag === undefined || ports.masters().length === 0) return;
      // Salt's own data has no `next`; it is for who watches the run.
      const data = tag.startsWith('salt/job/') ? steps : { ret: steps.ret };
      await ctx.call('event.fire_master', [data, tag], { preload: { jid } });
    },
  };
}

/** Where the event of a result goes: a state may ask for one of its own. */
function tagFor(jid: string, id: string, chunk: Chunk, result: Result, events: boolean): string | undefined {
  const own = chunk.args.get('fire_event');
  if (own === true) return `salt/state_result/${jid}/${id}/${str(result['name'] as string)}`;
  if (typeof own === 'string' && own !== '') return `salt/state_result/${jid}/${id}/${own}`;
  return events ? `salt/job/${jid}/prog/${id}/${String(result['__run_num__'])}` : undefined;
}

/** Waits while the run is paused before this chunk. */
async function passed(pauses: PauseFiles, jid: string, chunk: Chunk, signal: AbortSignal): Promise<'run' | 'kill'> {
  const begun = Date.now();
  for (;;) {
    const stops = await pauses.read(jid);
    const stop = stops?.[chunk.id] ?? stops?.['__all__'];
    if (stop === undefined) return 'run';
    if (stop.duration !== undefined && Date.now() - begun > stop.duration * 1000) return 'run';
    if (stop.kill === true) return 'kill';
    await pause(POLL_MS, undefined, { signal });
  }
}
