import { splitWords } from '../../kernel/render/words.ts';
import type { Connect, MasterClient, RunnerRequest } from '../../master/client/contract.ts';
import { newJid } from '../../protocol/jid.ts';
import { untilInterrupted } from '../interrupt.ts';
import { type Parsed, UsageError } from '../options/parse.ts';
import { at, entriesOf } from '../output/values.ts';
import { type Printer, printerFor } from '../printer.ts';
import { ProgressDisplay } from '../progress/display.ts';
import { tsaltSpec } from '../publish/options.ts';
import { FAILED, NO_MATCH, NO_RETURN } from '../publish/outcome.ts';
import { watchingSteps } from '../publish/progress.ts';
import { targetOf } from '../publish/target.ts';
import { readSettings } from '../settings.ts';
import { exitCode, Finish, type ToolIo } from '../tool.ts';
import { type PartShape, type PlanShape, planShape, summaryLine } from './shape.ts';
import type { PlanWord } from './words.ts';

/** `tsalt plan TARGET ...`, `tsalt plans [ID]` and `tsalt apply-plan ID [TARGET]`. Resolves to the exit code. */
export async function runPlanCommand(word: PlanWord, parsed: Parsed, io: ToolIo, connect: Connect): Promise<number> {
  const settings = await readSettings(parsed);
  const display = parsed.flag('progress') ? new ProgressDisplay(io) : undefined;
  const printer = printerFor(parsed, settings, display?.io ?? io);
  const [request, finish] = COMMANDS[word](parsed, parsed.words.slice(1), display !== undefined);
  await using client = await connect(settings.client);
  return await finish(await resultOf(client, request, io, display), printer, io);
}

type Finishing = (value: unknown, printer: Printer, io: ToolIo) => Promise<number>;
type Command = (parsed: Parsed, words: readonly string[], told: boolean) => readonly [RunnerRequest, Finishing];

const COMMANDS: Readonly<Record<PlanWord, Command>> = { plan: makeRequest, plans: listRequest, 'apply-plan': applyRequest };

/** What a runner of the master answers. @throws Finish with its complaint */
async function resultOf(client: MasterClient, request: RunnerRequest, io: ToolIo, display: ProgressDisplay | undefined): Promise<unknown> {
  const jid = request.kwargs['jid'];
  await using _steps = display !== undefined && typeof jid === 'string' ? watchingSteps(display, client, jid) : undefined;
  for await (const event of untilInterrupted(client.runner(request), io.interrupted)) {
    if (event.kind !== 'result') continue;
    if (!event.success && typeof event.value === 'string') throw new Finish(exitCode.failed, `${complaint(event.value)}\n`);
    return event.value;
  }
  return undefined;
}

/** Without what a runner says before the sentence itself. */
const complaint = (text: string): string => text.replace(/^ERROR(?: executing '[^']*')?: /i, '');

function makeRequest(parsed: Parsed, words: readonly string[], told: boolean): ReturnType<Command> {
  const [expression, ...rest] = words;
  if (expression === undefined)
    throw new Finish(exitCode.incomplete, '\nCannot plan without a target: tsalt plan TARGET [SLS] [pillar=...]\n\n');
  const { args, kwargs } = splitWords(withoutFunction(rest));
  if (args.length > 1) throw new UsageError(`plan: one list of SLS with commas was expected, got ${args.map(String).join(' ')}`);
  const request = {
    ...targetKwargs(parsed, expression),
    ...timeoutOf(parsed),
    ...(args.length === 0 ? {} : { mods: args[0] }),
    kwargs: { ...kwargs, ...(told ? { state_events: true } : {}) },
    ...(told ? { jid: newJid() } : {}),
  };
  return [{ fun: 'plan.make', args: [], kwargs: request }, showNew];
}

/** `tsalt plan '*' state.apply web` means the same as without the function. @throws UsageError for others */
function withoutFunction(words: readonly string[]): readonly string[] {
  const [fun = '', ...rest] = words;
  if (['state.apply', 'state.sls', 'state.highstate'].includes(fun)) return rest;
  if (/^(?:[a-z]\w*)\.[a-z]\w*$/.test(fun) && fun.startsWith('state.'))
    throw new UsageError(`${fun} cannot be planned, only what state.apply does`);
  return words;
}

function targetKwargs(parsed: Parsed, expression: string): Record<string, unknown> {
  const { kind, expression: tgt } = targetOf(tsaltSpec, parsed, expression);
  return { tgt, tgt_type: kind };
}

const timeoutOf = (parsed: Parsed): Record<string, unknown> => {
  const timeout = parsed.number('timeout') ?? 0;
  return timeout > 0 ? { timeout } : {};
};

function listRequest(_parsed: Parsed, [id]: readonly string[]): ReturnType<Command> {
  if (id !== undefined) return [{ fun: 'plan.show', args: [id], kwargs: {} }, showKept];
  return [
    { fun: 'plan.list', args: [], kwargs: {} },
    async (value, printer) => {
      if (isForReaders(printer)) for (const plan of Array.isArray(value) ? value : []) printer.say(listLine(plan));
      else await printer.show(value);
      return exitCode.ok;
    },
  ];
}

/** `20261127190102123456  web*  nginx  web1 planned, web2 applied`. */
function listLine(plan: unknown): string {
  const mods = at(plan, 'mods');
  const states = entriesOf(at(plan, 'minions')).map(([minion, state]) => `${String(minion)} ${String(state)}`);
  return [at(plan, 'id'), at(plan, 'target'), mods === null ? 'highstate' : mods, states.join(', ')].map(String).join('  ');
}

function applyRequest(parsed: Parsed, [id, expression]: readonly string[]): ReturnType<Command> {
  if (id === undefined)
    throw new Finish(exitCode.incomplete, '\nWhich plan is missing: tsalt apply-plan ID [TARGET]. tsalt plans lists them.\n\n');
  const kwargs = {
    ...(expression === undefined ? {} : targetKwargs(parsed, expression)),
    ...timeoutOf(parsed),
    ...(parsed.flag('force') ? { force: true } : {}),
  };
  return [{ fun: 'plan.apply', args: [id], kwargs }, showApplied];
}

/** Without `--out` a plan is for somebody who reads it. */
const isForReaders = (printer: Printer): boolean => printer.options.output === undefined || printer.options.output === 'highstate';

const showNew: Finishing = async (value, printer, io) => {
  if (value === null || value === undefined) {
    printer.say(NO_MATCH);
    throw new Finish(exitCode.nothing, NO_RETURN);
  }
  const plan = planShape(value);
  if (isForReaders(printer)) await showStates(plan, printer);
  else await printer.show(value);
  const answered = plan.minions.filter(({ state }) => state !== 'silent');
  if (answered.length === 0) throw new Finish(exitCode.nothing, NO_RETURN);
  return ended(
    plan.minions.every(({ state }) => state === 'planned'),
    io,
  );
};

const showKept: Finishing = async (value, printer) => {
  if (isForReaders(printer)) await showStates(planShape(value), printer);
  else await printer.show(value);
  return exitCode.ok;
};

async function showStates(plan: PlanShape, printer: Printer): Promise<void> {
  for (const part of plan.minions) await showPart(part, printer);
  const { id, expires } = plan;
  printer.say(['', `Plan ${id}`, ...plan.minions.map(summaryLine)].join('\n'));
  if (plan.minions.some(({ state }) => state === 'planned'))
    printer.say(`\nTo apply it${expires === undefined ? '' : `, until ${expires}`}: tsalt apply-plan ${id}`);
}

const showPart = async ({ minion, state, note, states }: PartShape, printer: Printer): Promise<void> =>
  state === 'silent' ? await showSilence(minion, note, printer) : await printer.show({ [minion]: states }, 'highstate');

const showSilence = async (minion: string, reason: string, printer: Printer): Promise<void> =>
  await printer.show({ [minion]: `Minion did not return. [No response]\n${reason}` }, 'no_return', { retcode: 1 });

const showApplied: Finishing = async (value, printer, io) => {
  const silent = entriesOf(at(value, 'silent'));
  const minions = entriesOf(at(value, 'minions'));
  if (isForReaders(printer)) {
    for (const [minion, states] of minions) await printer.show(new Map([[minion, states]]), 'highstate');
    for (const [minion, reason] of silent) await showSilence(String(minion), String(reason), printer);
  } else await printer.show(value);
  if (minions.length === 0) throw new Finish(exitCode.nothing, NO_RETURN);
  return ended(Number(at(value, 'retcode')) === 0, io);
};

function ended(well: boolean, io: ToolIo): number {
  if (well) return exitCode.ok;
  io.stderr.write(FAILED);
  return exitCode.failed;
}
