import { resolve } from 'node:path';
import type { MasterClient, RunRequest, Target } from '../master/client/contract.ts';
import { chunksOf } from './copy/chunks.ts';
import { copySpec } from './copy/options.ts';
import { copies, textFiles } from './copy/sources.ts';
import { untilInterrupted } from './interrupt.ts';
import { helpText } from './options/help.ts';
import { type Parsed, UsageError } from './options/parse.ts';
import { type Printer, printerFor } from './printer.ts';
import { collectJob } from './publish/follow.ts';
import { Outcome, silentText } from './publish/outcome.ts';
import { targetOf } from './publish/target.ts';
import { readSettings } from './settings.ts';
import { defineTool, exitCode, type Main, type ToolIo } from './tool.ts';

/** What each minion answered for each file: true, or what went wrong. */
type Results = Map<string, Map<string, unknown>>;

/** `tsalt-cp`: copies files to minions. */
export const main: Main = defineTool(copySpec, async (parsed, io, connect) => {
  const [expression = '', ...paths] = parsed.words;
  const dest = paths.pop();
  if (dest === undefined) {
    io.stdout.write(helpText(copySpec));
    throw new UsageError('Insufficient arguments');
  }
  const target = targetOf(copySpec, parsed, expression);
  const sources = paths.map((path) => resolve(path));
  const settings = await readSettings(parsed);
  const printer = printerFor(parsed, settings, io);
  const files = parsed.flag('chunked') ? undefined : textFiles(sources, (text) => printer.say(text));
  await using client = await connect(settings.client);
  const sender = new Sender(client, target, parsed, printer, io.interrupted);
  const results = files === undefined ? await sender.chunked(sources, dest, settings.chunkSize, io) : await sender.whole(files, dest);
  await printer.show(results);
  return exitCode.ok;
});

class Sender {
  readonly #client: MasterClient;
  readonly #target: Target;
  readonly #parsed: Parsed;
  readonly #printer: Printer;
  readonly #interrupted: AbortSignal | undefined;

  constructor(client: MasterClient, target: Target, parsed: Parsed, printer: Printer, interrupted: AbortSignal | undefined) {
    this.#client = client;
    this.#target = target;
    this.#parsed = parsed;
    this.#printer = printer;
    this.#interrupted = interrupted;
  }

  /** All files in one job. */
  async whole(files: Readonly<Record<string, string>>, dest: string): Promise<Map<string, unknown>> {
    return this.#call('cp.recv', [files, dest]);
  }

  /** What each minion answered; for a silent one, as in Salt's data, the text that says so. */
  async #call(fun: string, args: readonly unknown[]): Promise<Map<string, unknown>> {
    const timeout = this.#parsed.number('timeout') ?? 0;
    const request: RunRequest = { target: this.#target, fun, args, ...(timeout > 0 ? { timeout } : {}) };
    const outcome = new Outcome();
    const answers = await collectJob(untilInterrupted(this.#client.run(request), this.#interrupted), outcome, this.#printer);
    for (const silent of outcome.silent) answers.set(silent.minion, silentText(silent));
    return answers;
  }

  /** A job for every piece of every file; a minion's first error for a file is what is told. */
  async chunked(sources: readonly string[], dest: string, size: number, io: ToolIo): Promise<Results> {
    const results: Results = new Map();
    const compress = !this.#parsed.flag('no_compression');
    for (const { path, remote, mode } of copies(sources, dest)) {
      if (mode === undefined) {
        note(results, remote, await this.#call('cp.recv_chunked', [remote, null]));
        continue;
      }
      let append = false;
      for await (const chunk of chunksOf(path, size, compress)) {
        const answers = await this.#call('cp.recv_chunked', [remote, { __kwarg__: true, chunk, append, compressed: compress, mode }]);
        if (answers.size === 0) {
          io.stderr.write(`ERROR: No return received while ${path} was sent${append ? '; it is there in part' : ''}\n`);
          break;
        }
        note(results, remote, answers);
        append = true;
      }
    }
    return results;
  }
}

function note(results: Results, remote: string, answers: ReadonlyMap<string, unknown>): void {
  for (const [minion, answer] of answers) {
    const files = results.get(minion) ?? new Map<string, unknown>();
    results.set(minion, files);
    if (!files.has(remote) || files.get(remote) === true) files.set(remote, answer);
  }
}
