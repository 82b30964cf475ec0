import { appendFileSync, existsSync, truncateSync } from 'node:fs';
import { TsaltError } from '../protocol/errors.ts';
import type { Parsed } from './options/parse.ts';
import type { Occasion, OutputOptions } from './output/outputter.ts';
import { render } from './output/render.ts';
import type { Settings } from './settings.ts';
import type { ToolIo } from './tool.ts';

/** Prints results as the user wants them: the outputter, colours, and the file of `--out-file`. */
export class Printer {
  readonly options: OutputOptions;
  readonly #io: ToolIo;
  readonly #file: string | undefined;
  readonly #silent: boolean;

  constructor(io: ToolIo, options: OutputOptions, file?: string, silent = false) {
    this.#io = io;
    this.options = options;
    this.#file = file;
    this.#silent = silent;
  }

  /** A copy with other options, such as the arguments of the job that is printed. */
  with(options: Partial<OutputOptions>): Printer {
    return new Printer(this.#io, { ...this.options, ...options }, this.#file, this.#silent);
  }

  /** A result. `out` is the outputter the function asked for. */
  async show(data: unknown, out?: string, occasion?: Occasion): Promise<void> {
    const { text, complaint } = await render(data, out, this.options, occasion);
    if (complaint !== undefined) this.error(complaint);
    if (text === '') return;
    if (this.#file === undefined) this.#io.stdout.write(`${text}\n`);
    else appendFileSync(this.#file, `${text}\n`);
  }

  /** A line that is not a result. */
  say(text: string): void {
    this.#io.stdout.write(`${text}\n`);
  }

  /** As Salt logs errors to the console: absent with `-l quiet` and `-l critical`. */
  error(text: string): void {
    if (!this.#silent) this.#io.stderr.write(`[ERROR   ] ${text}\n`);
  }

  warn(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }
}

/** The printer for what the options and the configuration say. @throws TsaltError `cannot-write` */
export function printerFor(parsed: Parsed, settings: Settings, io: ToolIo): Printer {
  const file = parsed.text('output_file') ?? settings.outputFile ?? undefined;
  if (file !== undefined && !parsed.flag('output_file_append')) emptied(file);
  const indent = parsed.number('output_indent') ?? indentOf(settings.outputIndent);
  const output = parsed.text('output') ?? settings.output ?? undefined;
  const options: OutputOptions = {
    color: colored(parsed, settings, io),
    state: stateOptions(parsed, settings),
    ...(output === undefined ? {} : { output }),
    ...(indent === undefined ? {} : { indent }),
  };
  const level = parsed.text('log_level')?.toLowerCase();
  return new Printer(io, options, file, level === 'quiet' || level === 'critical');
}

function emptied(file: string): void {
  try {
    if (existsSync(file)) truncateSync(file);
  } catch (cause) {
    throw new TsaltError('cannot-write', `cannot write to the file of --out-file, ${file}`, { cause });
  }
}

const indentOf = (value: unknown): OutputOptions['indent'] =>
  value === null ? null : value === 'pretty' ? 'pretty' : typeof value === 'number' ? value : undefined;

function colored(parsed: Parsed, settings: Settings, io: ToolIo): boolean {
  if (parsed.flag('force_color')) return true;
  if (parsed.flag('no_color') || parsed.has('output_file')) return false;
  return settings.color ?? io.isTTY;
}

function stateOptions(parsed: Parsed, settings: Settings): Settings['state'] {
  const output = parsed.text('state_output');
  const verbose = parsed.text('state_verbose')?.toLowerCase();
  return {
    ...settings.state,
    ...(output === undefined ? {} : { output }),
    ...(verbose === 'true' || verbose === 'false' ? { verbose: verbose === 'true' } : {}),
    ...(parsed.flag('state_output_diff') ? { diff: true } : {}),
  };
}
