import type { Connect, MasterClient, RunEvent, RunRequest } from '../master/client/contract.ts';
import { Interrupted, untilInterrupted } from './interrupt.ts';
import { byLogin } from './login.ts';
import { helpText } from './options/help.ts';
import type { Parsed } from './options/parse.ts';
import { planWord } from './plans/words.ts';
import { type Printer, printerFor } from './printer.ts';
import { ProgressDisplay } from './progress/display.ts';
import { showDocs } from './publish/docs.ts';
import { argumentsOf, collectJob, followBatches, followJob } from './publish/follow.ts';
import { tsaltSpec } from './publish/options.ts';
import { interruptedText, NO_MATCH, NO_RETURN, Outcome, summaryText } from './publish/outcome.ts';
import { shownOn, toldRequest } from './publish/progress.ts';
import { batchOf, requestOf } from './publish/request.ts';
import { targetOf } from './publish/target.ts';
import { readSettings, type Settings } from './settings.ts';
import { defineTool, exitCode, Finish, type Main, type ToolIo } from './tool.ts';

/** `tsalt`: runs functions on minions. */
export const main: Main = defineTool(tsaltSpec, async (parsed, io, door) => {
  const connect = byLogin(parsed, io, door);
  const word = planWord(parsed);
  if (word !== undefined) {
    return await (await import('./plans/command.ts')).runPlanCommand(word, parsed, io, connect);
  }
  if (parsed.words.length <= 1 && !['doc', 'preview_target', 'config_dump'].some((name) => parsed.flag(name))) {
    io.stdout.write(helpText(tsaltSpec));
  }
  if (parsed.flag('config_dump')) return dumpConfig(parsed, io);
  if (parsed.flag('preview_target')) return preview(parsed, io, connect);
  const request = requestOf(parsed);
  const settings = await readSettings(parsed);
  await using client = await connect(settings.client);
  const run = new Run(parsed, io, client, settings, await sized(parsed, io, client, request));
  return await run.finish();
});

async function dumpConfig(parsed: Parsed, io: ToolIo): Promise<number> {
  const settings = await readSettings(parsed);
  const printer = printerFor(parsed, settings, io).with({ output: 'yaml' });
  await printer.show(settings.raw);
  return exitCode.ok;
}

async function preview(parsed: Parsed, io: ToolIo, connect: Connect): Promise<number> {
  const [expression] = parsed.words;
  if (expression === undefined) throw new Finish(exitCode.incomplete, '\nCannot execute command without defining a target.\n\n');
  const target = targetOf(tsaltSpec, parsed, expression);
  const settings = await readSettings(parsed);
  await using client = await connect(settings.client);
  const minions = await client.preview(target);
  await printerFor(parsed, settings, io).show(minions);
  if (minions.length > 0) return exitCode.ok;
  throw new Finish(exitCode.nothing, NO_RETURN);
}

/** `--batch-safe-limit` turns a job for many minions into batches. */
async function sized(parsed: Parsed, io: ToolIo, client: MasterClient, request: RunRequest): Promise<RunRequest> {
  const limit = parsed.number('batch_safe_limit') ?? 0;
  if (request.batch !== undefined || limit <= 1 || (await client.preview(request.target)).length < limit) return request;
  io.stdout.write('\nNOTICE: Too many minions targeted, switching to batch execution.\n');
  return { ...request, ...batchOf(parsed, String(parsed.number('batch_safe_size') ?? 8)) };
}

/** One job from its publication to the exit code. */
class Run {
  readonly #parsed: Parsed;
  readonly #io: ToolIo;
  readonly #client: MasterClient;
  readonly #settings: Settings;
  readonly #request: RunRequest;
  readonly #display: ProgressDisplay | undefined;
  readonly #outcome = new Outcome();
  readonly #printer: Printer;

  constructor(parsed: Parsed, io: ToolIo, client: MasterClient, settings: Settings, request: RunRequest) {
    this.#parsed = parsed;
    this.#display = parsed.flag('progress') && request.async !== true ? new ProgressDisplay(io) : undefined;
    this.#io = this.#display?.io ?? io;
    this.#client = client;
    this.#settings = settings;
    this.#request = request;
    const fun = typeof request.fun === 'string' ? { fun: request.fun } : {};
    this.#printer = printerFor(parsed, settings, this.#io).with({ ...fun, args: argumentsOf(request) });
  }

  async finish(): Promise<number> {
    try {
      const code = await this.#run();
      return this.#parsed.flag('strict_exit') ? this.#outcome.strict : code;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      this.#io.stderr.write(interruptedText(this.#outcome.jid));
      return this.#parsed.flag('strict_exit') ? 130 : exitCode.ok;
    }
  }

  #events(): AsyncIterable<RunEvent> {
    const display = this.#display;
    if (display === undefined) return untilInterrupted(this.#client.run(this.#request), this.#io.interrupted);
    return untilInterrupted(shownOn(display, this.#client, toldRequest(this.#request)), this.#io.interrupted);
  }

  async #run(): Promise<number> {
    if (this.#request.async === true) return this.#start();
    if (this.#parsed.flag('static')) return this.#static();
    if (this.#request.batch !== undefined) return this.#batches();
    if (this.#request.fun === 'sys.doc') return this.#docs();
    return this.#follow();
  }

  async #start(): Promise<number> {
    for await (const event of this.#events()) {
      if (event.kind !== 'published') continue;
      if (event.jid === undefined) break;
      this.#outcome.matched = true;
      this.#printer.say(`Executed ${this.#request.batch === undefined ? '' : 'batch '}command with job ID: ${event.jid}`);
      return exitCode.ok;
    }
    this.#printer.say(NO_MATCH);
    return this.#nothing();
  }

  #nothing(): number {
    this.#io.stderr.write(NO_RETURN);
    return exitCode.nothing;
  }

  /** As Salt, 0 whatever the minions returned. */
  async #static(): Promise<number> {
    const returns = await collectJob(this.#events(), this.#outcome, this.#printer);
    await this.#printer.with({ static: true }).show(returns);
    return returns.size === 0 ? this.#nothing() : exitCode.ok;
  }

  async #batches(): Promise<number> {
    await followBatches(this.#events(), this.#outcome, this.#printer);
    if (!this.#outcome.matched || (this.#outcome.returned.length === 0 && this.#outcome.silent.length > 0)) return this.#nothing();
    if (this.#request.batch?.failhard === true && this.#outcome.failed.length > 0) this.#printer.error('Batch run stopped due to failhard');
    return this.#outcome.worst;
  }

  async #docs(): Promise<number> {
    const returns = await collectJob(this.#events(), this.#outcome, this.#printer);
    if (returns.size === 0) throw new Finish(exitCode.nothing, 'No minions found to gather docs from\n');
    await showDocs(returns, this.#printer);
    return exitCode.ok;
  }

  async #follow(): Promise<number> {
    await followJob(this.#events(), this.#outcome, this.#printer, this.#io, {
      verbose: this.#parsed.flag('verbose'),
      showJid: this.#parsed.flag('show_jid'),
      hideTimeout: this.#parsed.flag('hide_timeout'),
    });
    if (!this.#outcome.matched) return this.#nothing();
    const summary = (this.#parsed.flag('summary') || this.#settings.summary) && !this.#parsed.has('output');
    if (summary || this.#display !== undefined) this.#printer.say(summaryText(this.#outcome, this.#parsed.flag('verbose')));
    const { code, message } = this.#outcome.plain;
    this.#io.stderr.write(message);
    return code;
  }
}
