import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { LEVELS, type Level } from './levels.ts';
import { printable, type Redactor, redactor } from './redact.ts';

/** What a room writes to. Fields go into the log as JSON; they are redacted like the text. */
export interface Logger {
  critical(text: string, fields?: Fields): void;
  error(text: string, fields?: Fields): void;
  warn(text: string, fields?: Fields): void;
  info(text: string, fields?: Fields): void;
  debug(text: string, fields?: Fields): void;
  trace(text: string, fields?: Fields): void;
  /** Whether anybody would see it: asked before a costly text is made. */
  enabled(level: Level): boolean;
  /** The same log, each line with these fields: `log.child({ room: 'jobs' })`. */
  child(fields: Fields): Logger;
}
export type Fields = Readonly<Record<string, unknown>>;

export interface LogRequest {
  /** From which level on lines go to the console. */
  readonly level: Level;
  /** Of the configuration: shown nowhere. */
  readonly secrets?: readonly string[];
  /** Where console lines go; stderr when absent. */
  readonly console?: { write(text: string): unknown };
}

export interface LogFileRequest extends LogRequest {
  readonly file: string;
  /** From which level on lines go to the file; `level` when null. */
  readonly fileLevel?: Level | null;
}

export interface OpenLog extends Disposable {
  readonly log: Logger;
  /** After logrotate moved the file away (SIGHUP). @throws LogFileUnusable, and goes on with the old file. */
  reopen(): void;
  /** From now on; `fileLevel` null: as the console. Loggers made before follow. */
  setLevels(level: Level, fileLevel: Level | null): void;
}

interface Sink {
  threshold: number;
  write(level: Level, text: string, fields: Fields): void;
}

/** A log on the console alone, as `[WARNING ] text`; loads nothing, so command line tools may start with it. */
export function consoleLog(request: LogRequest): Logger {
  return loggerOver([consoleSink(request)], redactor(request.secrets), {});
}

/**
 * A log on the console and, one JSON object on each line, in a file (made with its directory, mode 0640).
 * @throws LogFileUnusable when the file cannot be written.
 */
export async function openLog(request: LogFileRequest): Promise<OpenLog> {
  const console = consoleSink(request);
  const lost = (problem: unknown) => console.write('error', `Lines for ${request.file} are lost: ${messageOf(problem)}`, {});
  const sink = await fileSink(request, lost);
  const log = loggerOver([console, sink], redactor(request.secrets), {});
  const setLevels = (level: Level, fileLevel: Level | null): void => {
    console.threshold = LEVELS[level];
    sink.threshold = LEVELS[fileLevel ?? level];
  };
  return { log, reopen: () => sink.file.reopen(), setLevels, [Symbol.dispose]: () => sink.file.close() };
}

/** The log file cannot be written. */
export class LogFileUnusable extends TsaltError {
  constructor(file: string, cause: unknown) {
    super('log-file', `The log ${file} cannot be written (${messageOf(cause)}); check its directory or set log_file.`, { cause });
  }
}

function loggerOver(sinks: readonly Sink[], redact: Redactor, bound: Fields): Logger {
  const enabled = (level: Level): boolean => sinks.some((sink) => LEVELS[level] >= sink.threshold);
  const at =
    (level: Level) =>
    (text: string, fields: Fields = {}) => {
      if (!enabled(level)) return;
      const clean = redact.text(text);
      const all = redact.value({ ...bound, ...fields }) as Fields;
      for (const sink of sinks) if (LEVELS[level] >= sink.threshold) sink.write(level, clean, all);
    };
  return {
    critical: at('critical'),
    error: at('error'),
    warn: at('warning'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    enabled,
    child: (fields) => loggerOver(sinks, redact, { ...bound, ...fields }),
  };
}

function consoleSink({ level, console = process.stderr }: LogRequest): Sink {
  return {
    threshold: LEVELS[level],
    write(at, text, fields) {
      console.write(`[${at.toUpperCase().padEnd(8)}] ${printable(text)}${details(fields)}\n`);
    },
  };
}

/** The fields behind the text, errors by their message; the room is of use in the file only. */
function details(fields: Fields): string {
  const shown = Object.entries(fields).filter(([name]) => name !== 'room');
  if (shown.length === 0) return '';
  return ` (${shown.map(([name, value]) => `${printable(name)}: ${printable(inShort(value))}`).join(', ')})`;
}

function inShort(value: unknown): string {
  if (typeof value === 'string') return value;
  const isError = typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
  return isError ? String(value.message) : (JSON.stringify(value) ?? String(value));
}

interface FileSink extends Sink {
  readonly file: LogFile;
}

/** pino is loaded here and not before: who writes no file does not pay for it. */
async function fileSink({ file: path, level, fileLevel }: LogFileRequest, onTrouble: (problem: unknown) => void): Promise<FileSink> {
  const { pino } = await import('pino');
  const { quiet: _quiet, all: _all, ...customLevels } = LEVELS;
  const file = new LogFile(path, onTrouble);
  const out = pino(
    {
      customLevels,
      useOnlyCustomLevels: true,
      level: 'garbage',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    file,
  );
  return {
    file,
    threshold: LEVELS[fileLevel ?? level],
    write: (at, text, fields) => out[at === 'quiet' || at === 'all' ? 'critical' : at](fields, text),
  };
}

/**
 * pino's destination. Its own (sonic-boom) never comes back from a flush while the disk is full, which would
 * hang the daemon at its end; here a line that cannot be written is lost and told.
 */
class LogFile {
  readonly #path: string;
  readonly #onTrouble: (problem: unknown) => void;
  #handle: number;
  #inTrouble = false;

  constructor(path: string, onTrouble: (problem: unknown) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    this.#handle = openForAppend(path);
  }

  write(line: string): void {
    try {
      writeSync(this.#handle, line);
      this.#inTrouble = false;
    } catch (problem) {
      if (!this.#inTrouble) this.#onTrouble(problem);
      this.#inTrouble = true;
    }
  }

  reopen(): void {
    const old = this.#handle;
    this.#handle = openForAppend(this.#path);
    closeSync(old);
  }

  close(): void {
    closeSync(this.#handle);
  }
}

function openForAppend(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a', 0o640);
  } catch (problem) {
    throw new LogFileUnusable(path, problem);
  }
}
