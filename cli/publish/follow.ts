import type { RunEvent, RunRequest } from '../../master/client/contract.ts';
import { toMap } from '../output/values.ts';
import type { Printer } from '../printer.ts';
import type { ToolIo } from '../tool.ts';
import { LiveOutput } from './live-output.ts';
import { NO_MATCH, type Outcome, type Returned, type Silent, silentText } from './outcome.ts';

/** How the returns of a job are shown. */
export interface Manner {
  readonly verbose: boolean;
  readonly showJid: boolean;
  readonly hideTimeout: boolean;
}

/** Prints each return when it arrives. `outcome` is filled on the way, so that Ctrl-C knows how far it came. */
export async function followJob(
  events: AsyncIterable<RunEvent>,
  outcome: Outcome,
  printer: Printer,
  io: ToolIo,
  manner: Manner,
): Promise<void> {
  const live = new LiveOutput(io);
  for await (const event of events) {
    switch (event.kind) {
      case 'published':
        await announce(event, outcome, printer, manner);
        break;
      case 'output':
        live.add(event);
        break;
      case 'return':
        live.end(event.minion);
        outcome.add(event);
        await printer.show({ [event.minion]: event.value }, event.out, { retcode: event.retcode });
        break;
      case 'silent':
        live.end(event.minion);
        outcome.silent.push(event);
        if (!manner.hideTimeout) await printer.show({ [event.minion]: silentText(event) }, 'no_return', { retcode: 1 });
    }
  }
}

async function announce(
  event: Extract<RunEvent, { kind: 'published' }>,
  outcome: Outcome,
  printer: Printer,
  manner: Manner,
): Promise<void> {
  outcome.jid = event.jid;
  outcome.matched = event.jid !== undefined;
  if (event.jid === undefined) {
    printer.say(NO_MATCH);
    await printer.show({});
    return;
  }
  if (manner.verbose) {
    const line = `Executing job with jid ${event.jid}`;
    printer.say(`${line}\n${'-'.repeat(line.length)}\n`);
  } else if (manner.showJid) printer.say(`jid: ${event.jid}`);
}

/** All returns, for `--static` and documentation; silent minions only in the outcome. */
export async function collectJob(events: AsyncIterable<RunEvent>, outcome: Outcome, printer: Printer): Promise<Map<string, unknown>> {
  const returns = new Map<string, unknown>();
  for await (const event of events) {
    if (event.kind === 'published') {
      outcome.jid = event.jid;
      outcome.matched = event.jid !== undefined;
      if (event.jid === undefined) printer.say(NO_MATCH);
    } else if (event.kind === 'return') {
      outcome.add(event);
      returns.set(event.minion, event.value);
    } else if (event.kind === 'silent') outcome.silent.push(event);
  }
  return returns;
}

/** Batches: who is sent the job next, and each return with its job id and return code beside it, as Salt prints them. */
export async function followBatches(events: AsyncIterable<RunEvent>, outcome: Outcome, printer: Printer): Promise<void> {
  const sent = new Set<string>();
  for await (const event of events) {
    switch (event.kind) {
      case 'published':
        outcome.jid = event.jid;
        outcome.matched = event.jid !== undefined;
        if (event.jid === undefined) printer.say(`${NO_MATCH}\nNo minions matched the target.`);
        break;
      case 'batch':
        for (const minion of event.minions) sent.add(minion);
        printer.say(`\nExecuting run on [${[...event.minions].sort().map(quoted).join(', ')}]\n`);
        break;
      case 'return':
        outcome.add(event);
        await printer.show(beside(event), event.out);
        break;
      case 'silent':
        outcome.silent.push(event);
        printer.say(batchSilence(event, sent));
    }
  }
}

const quoted = (minion: string): string => `'${minion}'`;

const beside = (event: Returned): Map<string, unknown> =>
  new Map<string, unknown>([
    ['retcode', event.retcode],
    ['jid', event.jid],
    [event.minion, event.value],
  ]);

const batchSilence = (event: Silent, sent: ReadonlySet<string>): string =>
  sent.has(event.minion)
    ? `Minion '${event.minion}' failed to respond to job sent`
    : `Minion ${event.minion} did not respond. No job will be sent.`;

/** The keyword arguments of the call, for outputters that look at them. */
export const argumentsOf = (request: RunRequest): readonly unknown[] =>
  request.args.map((arg) => (typeof arg === 'object' && arg !== null && '__kwarg__' in arg ? toMap(arg) : arg));
