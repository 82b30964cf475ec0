import { splitWords } from '../kernel/render/words.ts';
import type { MasterClient, RunnerEvent, RunnerRequest } from '../master/client/contract.ts';
import { TsaltError } from '../protocol/errors.ts';
import { Interrupted, untilInterrupted } from './interrupt.ts';
import { byLogin } from './login.ts';
import { type Parsed, UsageError } from './options/parse.ts';
import { at, compareText, entriesOf } from './output/values.ts';
import { type Printer, printerFor } from './printer.ts';
import { interruptedText } from './publish/outcome.ts';
import { runSpec } from './run/options.ts';
import { readSettings } from './settings.ts';
import { defineTool, exitCode, type Main, type ToolIo } from './tool.ts';

/** `tsalt-run`: functions of the master. */
export const main: Main = defineTool(runSpec, async (parsed, io, door) => {
  const connect = byLogin(parsed, io, door);
  if (parsed.flag('doc') && parsed.words.length > 1) throw new UsageError('You can only get documentation for one method at one time');
  const settings = await readSettings(parsed);
  const printer = printerFor(parsed, settings, io);
  if (parsed.words.length === 0 && !parsed.flag('doc')) {
    printer.say('Must specify a function to run!\nex: manage.up');
    return parsed.flag('strict_exit') ? exitCode.failed : exitCode.ok;
  }
  await using client = await connect(settings.client);
  if (parsed.words[0]?.startsWith(WHEEL) === true) return await wheel(parsed, client, printer);
  return parsed.flag('doc')
    ? await docs(parsed, client, printer)
    : await follow(parsed, io, client, printer, () => connect(settings.client));
});

/** Before the name of a function that changes the master itself, as in the reactor. */
const WHEEL = 'wheel.';

async function wheel(parsed: Parsed, client: MasterClient, printer: Printer): Promise<number> {
  const { fun, args, kwargs } = requestOf(parsed);
  if (args.length > 0) throw new UsageError(`${fun} takes its arguments by name: ${WHEEL}group.delete name=web`);
  await printer.show(await client.wheel(fun.slice(WHEEL.length), kwargs));
  return exitCode.ok;
}

function requestOf(parsed: Parsed): RunnerRequest {
  const [fun = '', ...words] = parsed.words;
  const unparsed = new Set((parsed.text('no_parse') ?? '').split(',').map((name) => name.trim()));
  const jid = parsed.text('jid');
  return {
    fun,
    ...splitWords(words, unparsed),
    ...(jid === undefined ? {} : { jid }),
    ...(parsed.flag('async') ? { async: true } : {}),
  };
}

async function follow(parsed: Parsed, io: ToolIo, client: MasterClient, printer: Printer, again: Asking['again']): Promise<number> {
  let jid: string | undefined;
  try {
    for await (const event of untilInterrupted(client.runner(requestOf(parsed)), io.interrupted)) {
      if (event.kind === 'started') {
        jid = event.jid;
        if (!parsed.flag('async')) continue;
        printer.warn(`[WARNING ] The runner goes on by itself; its result will be an event under salt/run/${jid} and in the job cache.`);
        return exitCode.ok;
      }
      if (!parsed.flag('quiet')) await printer.show(event.kind === 'progress' ? event.data : event.value, event.out);
      if (event.kind === 'result') return codeOf(event, parsed.flag('strict_exit'));
    }
  } catch (error) {
    if (error instanceof Interrupted) io.stderr.write(interruptedText(jid));
    else return await afterLoss(error, jid, requestOf(parsed), parsed, io, { printer, again });
  }
  return exitCode.ok;
}

/** What goes on when the master is back. */
const ORCHESTRATIONS = /^state\.(orchestrate|orch|sls|orchestrate_single|orchestrate_high)$|^orchestrate\.(wait|resume)$/;
/** For so long the master may be away, in ms. */
const AWAY_MS = 60_000;
const TRY_MS = 500;

interface Asking {
  readonly printer: Printer;
  /** A new connection. */
  readonly again: () => Promise<MasterClient>;
}

/** The master went away: an orchestration goes on when it is back, and its end is waited for again. */
async function afterLoss(
  error: unknown,
  own: string | undefined,
  { fun, args, kwargs }: RunnerRequest,
  parsed: Parsed,
  io: ToolIo,
  { printer, again }: Asking,
): Promise<number> {
  const jid = fun.startsWith('orchestrate.') ? String(kwargs['jid'] ?? args[0]) : own;
  if (!isUnreachable(error) || jid === undefined || !ORCHESTRATIONS.test(fun)) throw error;
  printer.warn(`[WARNING ] The master went away; the orchestration ${jid} is waited for until it is back.`);
  for (const end = Date.now() + AWAY_MS; Date.now() < end; ) {
    try {
      return await endOf(jid, parsed, io, { printer, again });
    } catch (failure) {
      if (failure instanceof Interrupted) break;
      if (!isUnreachable(failure)) throw failure;
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }
  io.stderr.write(`The result is not known yet. To look it up when the master is back:\n\ntsalt-run orchestrate.wait ${jid}\n`);
  return exitCode.nothing;
}

/** Shows how an orchestration ended. */
async function endOf(jid: string, parsed: Parsed, io: ToolIo, { printer, again }: Asking): Promise<number> {
  await using client = await again();
  for await (const event of untilInterrupted(client.runner({ fun: 'orchestrate.wait', args: [jid], kwargs: {} }), io.interrupted)) {
    if (event.kind !== 'result') continue;
    if (!parsed.flag('quiet')) await printer.show(event.value, event.out);
    return codeOf(event, parsed.flag('strict_exit'));
  }
  return exitCode.failed;
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof TsaltError && ['master-unreachable', 'not-authorised', 'not-ready'].includes(error.code);

/** What Salt answers with text and the exit code 0: a function that is not there, or takes other arguments. */
const COMPLAINT = /^'.*' is not available\.|^\s*Passed invalid arguments|keyword arguments are not valid/;

function codeOf(event: Extract<RunnerEvent, { kind: 'result' }>, strict: boolean): number {
  const given = at(event.value, 'retcode');
  const code = typeof given === 'number' ? given : event.retcode;
  if (strict) return event.success && code === 0 ? exitCode.ok : code || exitCode.failed;
  return typeof event.value === 'string' && COMPLAINT.test(event.value) ? exitCode.ok : code;
}

/** The master documents its runners by one of them. */
async function docs(parsed: Parsed, client: MasterClient, printer: Printer): Promise<number> {
  const [wanted] = parsed.words;
  const request = { fun: 'doc.runner', args: [], kwargs: {} };
  for await (const event of client.runner(request)) {
    if (event.kind !== 'result') continue;
    if (!event.success) {
      await printer.show(event.value);
      return exitCode.failed;
    }
    const found = entriesOf(event.value).filter(
      ([fun]) => wanted === undefined || String(fun) === wanted || String(fun).startsWith(`${wanted}.`),
    );
    for (const [fun, doc] of found.sort(([a], [b]) => compareText(String(a), String(b)))) printer.say(`${String(fun)}:\n${String(doc)}`);
  }
  return exitCode.ok;
}
