import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RenderError } from '../../../kernel/render/errors.ts';
import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../../modules/define.ts';
import { jidStartTime } from '../../../protocol/jid.ts';
import { type Chunk, type High, journalUnderWay, retcodeOf, unjournaled } from '../../../states/engine/index.ts';
import type { Result, Results } from '../../../states/engine/result.ts';
import { customStates } from '../../extensions/states.ts';
import type { Running } from '../../run/table.ts';
import { formsOf, loadDynamic, syncForms } from '../dynamic.ts';
import { isTree } from '../path.ts';
import type { Ports } from '../ports.ts';
import { whyDisabled } from './disabled.ts';
import { namesOf } from './names.ts';
import { exclude, type Opening, Session } from './session.ts';

/** What a caller of the state system may ask for. */
export interface Request {
  readonly mods?: Returnable | undefined;
  readonly test?: boolean | undefined;
  readonly exclude?: Returnable | undefined;
  readonly queue?: Returnable | undefined;
  readonly saltenv?: string | undefined;
  /** A map, or it is refused. */
  readonly pillar?: Returnable | undefined;
  readonly pillarenv?: string | undefined;
  readonly sync_mods?: Returnable | undefined;
  /** Fire an event after each state. */
  readonly state_events?: boolean | undefined;
  /** Go on although the pillar has errors. */
  readonly force?: boolean | undefined;
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

/** What becomes of a call when the pillar has errors: they are its answer, or its failure, or nothing to it. */
type BrokenPillar = 'answered' | 'thrown' | 'ignored';

type Act = (session: Session, ctx: Ctx, saltenv: string | undefined) => Promise<Returnable>;

/** Opens a session with the pillar that was asked for, refusing where the state system must not run. */
export async function within(
  ports: Ports,
  ctx: Ctx,
  request: Request,
  act: Act,
  brokenPillar: BrokenPillar = 'answered',
): Promise<Returnable> {
  const journal = journalUnderWay();
  // What templates and states call are runs of their own.
  return await unjournaled(() => opened(ports, ctx, request, { act, brokenPillar, journal }));
}

interface Wish {
  readonly act: Act;
  readonly brokenPillar: BrokenPillar;
  readonly journal: Opening['journal'];
}

async function opened(ports: Ports, ctx: Ctx, request: Request, { act, brokenPillar, journal }: Wish): Promise<Returnable> {
  const busy = await refusal(ports, ctx, request);
  if (busy !== undefined) {
    ctx.retcode(RETCODE.compile);
    return busy;
  }
  const saltenv = request.saltenv ?? textOf(ports.options()['saltenv']);
  const override = overrideOf(request);
  const asked = override !== undefined || request.pillarenv !== undefined;
  const change = {
    ...(override === undefined ? {} : { override }),
    ...(request.pillarenv === undefined ? {} : { pillarenv: request.pillarenv }),
  };
  const repillar = async () => await ports.pillar.fresh(change);
  const pillar = asked ? await repillar() : ctx.pillar;
  const errors = pillar['_errors'];
  if (Array.isArray(errors) && errors.length > 0 && brokenPillar !== 'ignored' && request.force !== true) {
    ctx.retcode(RETCODE.pillar);
    if (brokenPillar === 'thrown') throw new CommandFailed(withInfo('Pillar failed to render', errors.map(String)), RETCODE.pillar);
    return ['Pillar failed to render with the following messages:', ...errors];
  }
  const testing = request.test ?? (ports.options()['test'] === true || ctx.testing);
  const inner: Ctx = { ...ctx, pillar, testing };
  const events = request.state_events ?? ports.options()['state_events'] === true;
  const opening = { saltenv, events, repillar, journal };
  return await ports.pillar.within(pillar, async () => await act(await open(ports, inner, opening), inner, saltenv));
}

/** Salt's form of a failure that has a list of reasons. */
const withInfo = (message: string, reasons: readonly string[]): string =>
  `${message}. Additional info follows:\n\n${reasons.map((reason) => `- ${reason.replaceAll('\n', '\n  ')}`).join('\n')}`;

/** The same, when custom files have been synchronised meanwhile. */
const reopened = async (ports: Ports, session: Session): Promise<Session> =>
  session.renewed(await customStates(ports.extensions, ports.loader(), randomUUID()));

function overrideOf({ pillar }: Request): Readonly<Record<string, Returnable>> | undefined {
  if (pillar === undefined || pillar === null) return undefined;
  if (isTree(pillar)) return pillar as Readonly<Record<string, Returnable>>;
  throw new CallRefused('Pillar data must be formatted as a dictionary, unless pillar_enc is specified.');
}

const open = async (ports: Ports, ctx: Ctx, opening: Omit<Opening, 'custom'>): Promise<Session> =>
  new Session(ports, ctx, { ...opening, custom: await customStates(ports.extensions, ports.loader(), randomUUID()) });

/** Brings files of the kinds of `sync_mods` here first: a list of names, text with commas, `all`, or True for all. */
async function syncFirst(ports: Ports, { sync_mods, saltenv }: Request): Promise<void> {
  if (sync_mods === undefined || sync_mods === null || sync_mods === false) return;
  const named = sync_mods === true ? ['all'] : namesOf(sync_mods);
  const known = formsOf(ports);
  const env = saltenv ?? textOf(ports.options()['saltenv']) ?? 'base';
  await syncForms(ports, named.includes('all') ? known : known.filter((form) => named.includes(form)), [env]);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What is done with the high data that a request comes to: they are run, unless told. */
export type CarryOut = (session: Session, high: High) => Promise<Results | readonly string[]>;
const runAll: CarryOut = async (session, high) => await session.run(high);

/** `state.sls`, and with `id` `state.sls_id`. */
export const runSls = async (ports: Ports, ctx: Ctx, request: Request, id?: string, carryOut = runAll): Promise<Returnable> => {
  const disabled = id === undefined ? whyDisabled(ports, namesOf(request.mods)) : [];
  if (disabled.length > 0) return failedToCompile(ctx, disabled);
  await syncFirst(ports, request);
  return await within(ports, ctx, request, async (session, inner, saltenv) => {
    const { high, errors } = await session.render(new Map([[saltenv ?? 'base', namesOf(request.mods)]]));
    if (errors.length > 0) return failedToCompile(ctx, errors);
    exclude(high, request.exclude);
    return id === undefined ? answer(ctx, await carryOut(session, high), high, request) : await runId(session, inner, high, id, request);
  });
};

async function runId(session: Session, ctx: Ctx, high: High, id: string, request: Request): Promise<Returnable> {
  const results = await session.run(high, { depth: 'turned', wanted: (chunk: Chunk) => chunk.id === id });
  if (!Array.isArray(results) && (results as Results).size === 0)
    throw new CallRefused(
      `No matches for ID '${id}' found in SLS '${namesOf(request.mods).join(',')}' within saltenv '${request.saltenv ?? 'base'}'`,
    );
  return answer(ctx, results, high, request);
}

/** `state.highstate`, and with the name of another top file `state.top`. */
export const runTop = async (ports: Ports, ctx: Ctx, request: Request, file?: string, carryOut = runAll): Promise<Returnable> => {
  if (file === undefined && whyDisabled(ports, ['highstate']).length > 0) {
    const name = 'Salt highstate run is disabled. To re-enable, run state.enable highstate';
    return { name, result: 'False', comment: 'Disabled' };
  }
  return await within(ports, ctx, request, async (first) => {
    let found: Awaited<ReturnType<Session['top']>>;
    try {
      found = await first.top(file);
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      return noStates(ctx, `Unable to render top file: ${error.message}`);
    }
    if (found.errors.length === 0 && found.matches.size === 0) {
      return noStates(ctx, 'No Top file or master_tops data matches found. Please see master log for details.');
    }
    const changed = await loadDynamic(ports, [...found.matches.keys()]);
    const session = changed ? await reopened(ports, first) : first;
    const { high, errors } = await session.render(found.matches);
    const all = [...found.errors, ...errors];
    if (all.length > 0) return failedToCompile(ctx, all);
    if (high.size === 0) return noStates(ctx, 'No states found for this minion');
    exclude(high, request.exclude);
    return answer(ctx, await carryOut(session, high), high, request);
  });
};

function noStates(ctx: Ctx, comment: string): Returnable {
  ctx.retcode(RETCODE.failed);
  return { 'no_|-states_|-states_|-None': { result: false, comment, name: 'No States', changes: {}, __run_num__: 0 } };
}

export function failedToCompile(ctx: Ctx, errors: readonly string[]): Returnable {
  ctx.retcode(RETCODE.compile);
  return [...errors];
}

/** Results as Salt's JSON has them, with the return code of the job. */
export function answer(ctx: Ctx, results: Results | readonly string[], high: High, { terse }: Request): Returnable {
  if (!(results instanceof Map)) return failedToCompile(ctx, results as readonly string[]);
  const told = [...results].filter(([, { result, changes }]) => !terse || result !== true || Object.keys(changes).length > 0);
  ctx.retcode(retcodeOf(new Map(told), high));
  const shown: Record<string, Result> = Object.create(null);
  for (const [tag, result] of told) shown[tag] = result;
  return shown;
}
