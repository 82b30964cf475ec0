import type { LocalMinion, LocalOptions, LocalOutcome } from '../minion/local.ts';
import { newJid } from '../protocol/jid.ts';
import { parseArguments } from './arguments.ts';
import { endFailed } from './call/failure.ts';
import { callSpec } from './call/options.ts';
import { orInterrupted } from './interrupt.ts';
import { helpText } from './options/help.ts';
import { type Parsed, UsageError } from './options/parse.ts';
import { at, compareText, entriesOf, isMapping, truthy } from './output/values.ts';
import { type Printer, printerFor } from './printer.ts';
import { ProgressDisplay } from './progress/display.ts';
import { stepOf } from './progress/step.ts';
import { configDirOf, readSettings } from './settings.ts';
import { defineTool, exitCode, Finish, type ToolIo } from './tool.ts';

/** Opens this machine's minion without its daemon. */
export type OpenLocal = (options: LocalOptions) => Promise<LocalMinion>;

const openMinion: OpenLocal = async (options) => (await import('../minion/local.ts')).openLocal(options);

/** There is no function of this name. */
const NOT_AVAILABLE = 255;

/** `tsalt-call`: functions on this machine. */
export async function main(argv: readonly string[], io: ToolIo, open: OpenLocal = openMinion): Promise<number> {
  const tool = defineTool(callSpec, async (parsed) => {
    const wantsFunction = !parsed.flag('grains') && !parsed.flag('doc');
    if (parsed.words.length === 0 && wantsFunction) {
      io.stdout.write(helpText(callSpec));
      throw new UsageError('a function to run was expected');
    }
    warnOfIgnored(parsed, io);
    const display = parsed.flag('progress') ? new ProgressDisplay(io) : undefined;
    const printer = printerFor(parsed, await readSettings(parsed, 'minion'), display?.io ?? io);
    await using minion = await orInterrupted(open(optionsOf(parsed)), io.interrupted);
    if (display !== undefined) show(minion, display);
    if (parsed.flag('doc')) return await orInterrupted(docs(parsed, minion, printer), io.interrupted);
    if (parsed.flag('grains')) return await orInterrupted(grains(minion, printer), io.interrupted);
    return await orInterrupted(call(parsed, minion, printer, io), io.interrupted);
  });
  return tool(argv, io);
}

/** One minion, of which there is no more to tell than its states. */
function show(minion: LocalMinion, display: ProgressDisplay): void {
  minion.watch((data) => {
    const step = stepOf(minion.id, data);
    if (step !== undefined) display.step(step);
  });
}

function optionsOf(parsed: Parsed): LocalOptions {
  const [id, logLevel] = [parsed.text('id'), parsed.text('log_level')];
  const local = parsed.flag('local');
  const [fileRoot] = parsed.list('file_root').slice(-1);
  const [pillarRoot] = parsed.list('pillar_root').slice(-1);
  const overrides: Record<string, unknown> = {};
  for (const name of ['master', 'cachedir', 'log_file', 'log_level_logfile']) {
    const value = parsed.text(name);
    if (value !== undefined) overrides[name] = value;
  }
  const dirs = parsed.list('module_dirs');
  if (dirs.length > 0) overrides['module_dirs'] = dirs;
  return {
    configDir: configDirOf(parsed),
    local,
    ...(id === undefined ? {} : { id }),
    ...(local && fileRoot !== undefined ? { fileRoot } : {}),
    ...(local && pillarRoot !== undefined ? { pillarRoot } : {}),
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(parsed.flag('no_return_event') ? { records: false } : {}),
    ...(Object.keys(overrides).length === 0 ? {} : { overrides }),
  };
}

function warnOfIgnored(parsed: Parsed, io: ToolIo): void {
  const ignored = ['file-root', 'pillar-root'].filter((name) => parsed.list(name.replace('-', '_')).length > 0).map((name) => `--${name}`);
  if (parsed.flag('local') || ignored.length === 0) return;
  io.stderr.write(`Warning: ${ignored.join(', ')} ignored: without --local, states and pillar come from the master\n`);
}

async function call(parsed: Parsed, minion: LocalMinion, printer: Printer, io: ToolIo): Promise<number> {
  const [fun = '', ...words] = parsed.words;
  const unparsed = new Set((parsed.text('no_parse') ?? '').split(',').map((name) => name.trim()));
  const args = parseArguments(words, unparsed);
  const jid = newJid();
  const returners = parsed.text('return')?.split(',');
  const result = await minion.call(fun, args, { jid, words, ...(returners === undefined ? {} : { returners }) });
  if (!result.available) return await notAvailable(result, printer);
  if (result.failure !== undefined) endFailed(fun, result.failure, io);
  const retcode = retcodeOf(result);
  if (parsed.flag('metadata')) {
    const around = {
      jid,
      return: result.value,
      retcode,
      ...(result.out === undefined ? {} : { out: result.out }),
      id: minion.id,
      fun,
      fun_args: words,
    };
    await printer.show({ local: around }, 'nested', { retcode });
  } else await printer.with({ args }).show({ local: result.value }, result.out, { retcode });
  if (parsed.flag('retcode_passthrough')) return retcode;
  return retcode === 0 ? exitCode.ok : exitCode.failed;
}

/** Functions whose names begin like it are shown, as a result with exit code 1. @throws Finish if there are none */
async function notAvailable({ value }: LocalOutcome, printer: Printer): Promise<number> {
  if (!isMapping(value)) throw new Finish(NOT_AVAILABLE, `${String(value)}\n`);
  await printer.show({ local: value }, 'nested', { retcode: exitCode.failed });
  return exitCode.failed;
}

/** A result that says of itself that it failed is a failure, too. */
function retcodeOf({ value, retcode }: LocalOutcome): number {
  const failed = ['result', 'success'].some((name) => at(value, name) !== undefined && !truthy(at(value, name)));
  return retcode === 0 && failed ? exitCode.failed : retcode;
}

async function grains(minion: LocalMinion, printer: Printer): Promise<number> {
  const { value } = await minion.call('grains.items', []);
  await printer.show({ local: value }, 'grains');
  return exitCode.ok;
}

async function docs(parsed: Parsed, minion: LocalMinion, printer: Printer): Promise<number> {
  const { value } = await minion.call('sys.doc', parsed.words.slice(0, 1));
  const found = entriesOf(value).sort(([a], [b]) => compareText(String(a), String(b)));
  for (const [fun, doc] of found) printer.say(`${String(fun)}:\n${String(doc)}\n`);
  return exitCode.ok;
}
