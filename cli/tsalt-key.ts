import { TsaltError } from '../protocol/errors.ts';
import { Interrupted } from './interrupt.ts';
import { type Change, change } from './keys/change.ts';
import { type Keys, openKeys } from './keys/door.ts';
import { generate } from './keys/generate.ts';
import { keySpec } from './keys/options.ts';
import { byLogin } from './login.ts';
import { type Parsed, UsageError } from './options/parse.ts';
import { at, entriesOf, isMapping } from './output/values.ts';
import { type Printer, printerFor } from './printer.ts';
import { readSettings } from './settings.ts';
import { defineTool, exitCode, Finish, type Main, type ToolIo } from './tool.ts';

/** `tsalt-key`: the keys of minions. */
export const main: Main = defineTool(keySpec, async (parsed, given, connect) => {
  const io = parsed.flag('quiet') ? { ...given, stdout: { write: () => true } } : given;
  checked(parsed);
  const settings = await readSettings(parsed);
  const printer = printerFor(parsed, settings, io);
  const name = parsed.text('gen_keys');
  if (name !== undefined) {
    await generate(name, parsed, printer);
    return exitCode.ok;
  }
  await using keys = await openKeys(settings, byLogin(parsed, io, connect), (message) => printer.warn(`[WARNING ] ${message}`));
  try {
    await act(parsed, keys, printer, io);
    return exitCode.ok;
  } catch (error) {
    if (error instanceof Interrupted) throw new Finish(exitCode.failed, '\nExiting on CTRL-c\n');
    throw error;
  }
});

/** @throws UsageError, and TsaltError for what is not provided */
function checked(parsed: Parsed): void {
  const list = parsed.text('list');
  if (list !== undefined && !/^(?:acc|pre|un|rej|den|all)/.test(list))
    throw new UsageError(`'${list}' is not a valid argument to '--list'`);
  if (parsed.flag('delete_all') && parsed.words.length > 0) {
    throw new UsageError('Delete all takes no arguments. Use -d to delete specified keys');
  }
  if (parsed.flag('gen_signature')) {
    throw new TsaltError(
      'not-provided',
      '--gen-signature is not provided; minions of tsalt pin the fingerprint of the master instead (see --token)',
    );
  }
}

async function act(parsed: Parsed, keys: Keys, printer: Printer, io: ToolIo): Promise<void> {
  if (parsed.flag('token')) return token(parsed, keys, printer);
  const list = parsed.text('list');
  if (list !== undefined || parsed.flag('list_all')) return show(await keys.wheel('key.list', { match: list ?? 'all' }), printer);
  const print = matchOf(parsed, 'print');
  if (print !== undefined) return show(await keys.wheel('key.print', { match: print }), printer);
  for (const kind of ['accept', 'reject', 'delete'] as const satisfies readonly Change[]) {
    const match = matchOf(parsed, kind);
    if (match !== undefined) return change(kind, match, parsed, keys, printer, io);
  }
  const finger = parsed.text('finger');
  if (finger !== undefined) return printer.show(await keys.wheel('key.finger', { match: finger }), 'key');
  if (parsed.flag('finger_all')) return printer.show(await keys.wheel('key.finger_all', {}), 'key');
  return show(await keys.wheel('key.list_all', {}), printer);
}

const matchOf = (parsed: Parsed, name: string): string | undefined => parsed.text(name) ?? (parsed.flag(`${name}_all`) ? '*' : undefined);

/** The master's own keys are only listed with fingerprints. */
async function show(result: unknown, printer: Printer): Promise<void> {
  const shown = isMapping(result) ? new Map(entriesOf(result).filter(([state]) => state !== 'local')) : result;
  await printer.show(shown, 'key');
}

async function token(parsed: Parsed, keys: Keys, printer: Printer): Promise<void> {
  const pattern = parsed.text('for');
  const ttl = parsed.number('ttl');
  const made = await keys.wheel('key.token', { ...(pattern === undefined ? {} : { for: pattern }), ...(ttl === undefined ? {} : { ttl }) });
  if (parsed.has('output')) return printer.show(made);
  printer.say(String(at(made, 'line')));
}
