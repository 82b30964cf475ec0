import { setTimeout as pause } from 'node:timers/promises';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Ctx } from '../../../modules/define.ts';
import type { Chunk } from '../../../states/engine/index.ts';
import type { Result } from '../../../states/engine/result.ts';
import type { RunOptions } from '../../../states/engine/run.ts';
import type { Ports } from '../ports.ts';
import { PauseFiles } from './pauses.ts';

const POLL_MS = 1000;

/** How a state run appears as a job: events of its progress to the masters, and stops at which it waits or ends. */
export function jobOf(ports: Ports, ctx: Ctx, events: boolean): Pick<RunOptions, 'gate' | 'progress'> {
  const jid = ports.jobs.owning(ctx.signal)?.job.jid;
  if (jid === undefined) return {};
  const pauses = new PauseFiles(ports.paths.cachedir);
  return {
    gate: async (chunk) => await passed(pauses, String(jid), chunk, ctx.signal),
    progress: async (chunk, result, total) => {
      const tag = tagFor(String(jid), ports.id, chunk, result, events);
      if (tag === undefined || ports.masters().length === 0) return;
      const data = { ret: { ...result }, ...(tag.startsWith('salt/job/') ? { len: total } : {}) };
      await ctx.call('event.fire_master', [data, tag], { preload: { jid: String(jid) } });
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
