import { setTimeout as pause } from 'node:timers/promises';
import { RenderError } from '../../../kernel/render/errors.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { CommandFailed, type Ctx, type Returnable } from '../../../modules/define.ts';
import { jidStartTime } from '../../../protocol/jid.ts';
import { type Chunk, type High, retcodeOf } from '../../../states/engine/index.ts';
import type { Result, Results } from '../../../states/engine/result.ts';
import type { Running } from '../../run/table.ts';
import type { Ports } from '../ports.ts';
import { exclude, Session } from './session.ts';

/** What a caller of the state system may ask for. */
export interface Request {
  readonly mods?: Returnable | undefined;
  readonly test?: boolean | undefined;
  readonly exclude?: Returnable | undefined;
  readonly queue?: Returnable | undefined;
  readonly saltenv?: string | undefined;
  readonly pillar?: Readonly<Record<string, Returnable>> | undefined;
  readonly pillarenv?: string | undefined;
  readonly concurrent: boolean;
  readonly terse: boolean;
}

export const RETCODE = { compile: 1, failed: 2, pillar: 5 } as const;
const POLL_MS = 200;

/** Other state runs of this minion that are under way. */
export function conflicts(ports: Ports, ctx: Ctx): Running[] {
  const own = ports.jobs.owning(ctx.signal);
  return ports.jobs.all().filter((other) => other !== own && other.started && other.job.funs.some((fun) => fun.startsWith('state.')));
}

export const sentence = ({ job }: Running): string =>
  `The function "${job.funs[0]}" is running as PID ${process.pid} and was started at ${jidStartTime(job.jid)} with jid ${job.jid}`;

/** Sentences that say why the run cannot start; waits instead if `queue` was asked for. */
async function refusal(ports: Ports, ctx: Ctx, { queue, concurrent }: Request): Promise<readonly string[] | undefined> {
  if (concurrent) return undefined;
  const wanted = queue ?? ports.options()['state_queue'];
  for (let others = conflicts(ports, ctx); others.length > 0; others = conflicts(ports, ctx)) {
    const mayWait = wanted === true || (typeof wanted === 'number' && others.length < wanted);
    if (!mayWait) return others.map(sentence);
    await pause(POLL_MS, undefined, { signal: ctx.signal });
  }
  return undefined;
}

/** Opens a session with the pillar that was asked for, refusing where the state system must not run. */
export async function within(
  ports: Ports,
  ctx: Ctx,
  request: Request,
  act: (session: Session, ctx: Ctx, saltenv: string | undefined) => Promise<Returnable>,
): Promise<Returnable> {
  const busy = await refusal(ports, ctx, request);
  if (busy !== undefined) {
    ctx.retcode(RETCODE.compile);
    return busy;
  }
  const saltenv = request.saltenv ?? textOf(ports.options()['saltenv']);
  const asked = request.pillar !== undefined || request.pillarenv !== undefined;
  const change = {
    ...(request.pillar === undefined ? {} : { override: request.pillar }),
    ...(request.pillarenv === undefined ? {} : { pillarenv: request.pillarenv }),
  };
  const pillar = asked ? await ports.pillar.fresh(change) : ctx.pillar;
  const errors = pillar['_errors'];
  if (Array.isArray(errors) && errors.length > 0) {
    ctx.retcode(RETCODE.pillar);
    return ['Pillar failed to render with the following messages:', ...errors];
  }
  const testing = request.test ?? (ports.options()['test'] === true || ctx.testing);
  const inner: Ctx = { ...ctx, pillar, testing };
  return await ports.pillar.within(pillar, async () => await act(new Session(ports, inner, saltenv), inner, saltenv));
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The names of `mods`. */
export function namesOf(mods: Returnable | undefined): string[] {
  if (Array.isArray(mods)) return mods.map((name) => str(fromPlain(name)));
  return mods === undefined || mods === null
    ? []
    : str(fromPlain(mods))
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
}

/** `state.sls`, and with `id` `state.sls_id`. */
export const runSls = async (ports: Ports, ctx: Ctx, request: Request, id?: string): Promise<Returnable> =>
  await within(ports, ctx, request, async (session, inner, saltenv) => {
    const { high, errors } = await session.render(new Map([[saltenv ?? 'base', namesOf(request.mods)]]));
    if (errors.length > 0) return failedToCompile(ctx, errors);
    exclude(high, request.exclude);
    return id === undefined ? answer(ctx, await session.run(high), high, request) : await runId(session, inner, high, id, request);
  });

async function runId(session: Session, ctx: Ctx, high: High, id: string, request: Request): Promise<Returnable> {
  const wanted = new Set(id.split(',').map((one) => one.trim()));
  const results = await session.run(high, (chunk: Chunk) => wanted.has(chunk.id));
  if (!Array.isArray(results) && (results as Results).size === 0)
    throw new CommandFailed(
      `No matches for ID '${id}' found in SLS '${namesOf(request.mods).join(',')}' within saltenv '${request.saltenv ?? 'base'}'`,
    );
  return answer(ctx, results, high, request);
}

/** `state.highstate`. */
export const runTop = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await within(ports, ctx, request, async (session) => {
    let found: Awaited<ReturnType<Session['top']>>;
    try {
      found = await session.top();
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      return noStates(ctx, `Unable to render top file: ${error.message}`);
    }
    if (found.errors.length === 0 && found.matches.size === 0) {
      return noStates(ctx, 'No Top file or master_tops data matches found. Please see master log for details.');
    }
    const { high, errors } = await session.render(found.matches);
    const all = [...found.errors, ...errors];
    if (all.length > 0) return failedToCompile(ctx, all);
    if (high.size === 0) return noStates(ctx, 'No states found for this minion');
    exclude(high, request.exclude);
    return answer(ctx, await session.run(high), high, request);
  });

function noStates(ctx: Ctx, comment: string): Returnable {
  ctx.retcode(RETCODE.failed);
  return { 'no_|-states_|-states_|-None': { result: false, comment, name: 'No States', changes: {}, __run_num__: 0 } };
}

export function failedToCompile(ctx: Ctx, errors: readonly string[]): Returnable {
  ctx.retcode(RETCODE.compile);
  return [...errors];
}

/** Results as Salt's JSON has them, with the return code of the job. */
export function answer(ctx: Ctx, results: Results | readonly string[], _high: High, { terse }: Request): Returnable {
  if (!(results instanceof Map)) return failedToCompile(ctx, results as readonly string[]);
  ctx.retcode(results.size === 0 ? RETCODE.failed : retcodeOf(results.values()));
  const shown: Record<string, Result> = Object.create(null);
  for (const [tag, result] of results) if (!terse || result.result !== true || Object.keys(result.changes).length > 0) shown[tag] = result;
  return shown;
}
