import { SALT_VERSION, VERSION } from '../kernel/version.ts';
import type { Connect } from '../master/client/contract.ts';
import { messageOf, TsaltError } from '../protocol/errors.ts';
import { Interrupted } from './interrupt.ts';
import { helpText, usageLine } from './options/help.ts';
import type { ToolSpec } from './options/option.ts';
import { type Parsed, parse, UsageError } from './options/parse.ts';

/** The size of a terminal, as it is now. */
export interface Terminal {
  readonly columns: () => number;
  readonly rows: () => number;
}

/** Where a tool reads and writes; tests give their own. */
export interface ToolIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<string | Uint8Array>;
  /** Whether stdout is a terminal: only then there are colours. */
  readonly isTTY: boolean;
  /** Of stderr, where that is a terminal. */
  readonly terminal?: Terminal;
  /** Aborted by Ctrl-C. */
  readonly interrupted?: AbortSignal;
}

/** One command line tool. Resolves to its exit code; never rejects for a user's mistake or a master that is away. */
export type Main = (argv: readonly string[], io: ToolIo, connect?: Connect) => Promise<number>;

/** Salt's exit codes that scripts know. */
export const exitCode = { ok: 0, failed: 1, nothing: 2, incomplete: 42, usage: 64 } as const;

/** Ends the tool at once with an exit code, after writing `message` to stderr. */
export class Finish extends Error {
  readonly code: number;
  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

/** A tool made of its options and what it does; version, help, completion and errors are the same for all. */
export function defineTool(spec: ToolSpec, run: (parsed: Parsed, io: ToolIo, connect: Connect) => Promise<number>): Main {
  return async (argv, io, connect = connectToMaster) => {
    try {
      const parsed = await withStdin(spec, parse(spec, argv), argv, io);
      return (await aboutItself(spec, parsed, io)) ?? (await run(parsed, io, connect));
    } catch (error) {
      return reported(spec, error, io);
    }
  };
}

const connectToMaster: Connect = async (config) => (await import('../master/client/connect.ts')).connect(config);

/** `--args-stdin`: further words come from standard input, one on each line. */
async function withStdin(spec: ToolSpec, parsed: Parsed, argv: readonly string[], io: ToolIo): Promise<Parsed> {
  if (!parsed.flag('args_stdin')) return parsed;
  const lines = (await readAll(io.stdin)).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return parse(spec, [...argv, ...lines]);
}

export async function readAll(stream: AsyncIterable<string | Uint8Array>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

async function aboutItself(spec: ToolSpec, parsed: Parsed, io: ToolIo): Promise<number | undefined> {
  const text = await aboutText(spec, parsed);
  if (text === undefined) return undefined;
  io.stdout.write(text);
  return exitCode.ok;
}

async function aboutText(spec: ToolSpec, parsed: Parsed): Promise<string | undefined> {
  if (parsed.flag('version')) return `${spec.prog} ${VERSION} (Salt ${SALT_VERSION} compatible)\n`;
  if (parsed.flag('versions')) return versionsReport();
  if (parsed.flag('help')) return helpText(spec);
  const shell = parsed.text('completion');
  if (shell === undefined) return undefined;
  return (await import('./options/completion.ts')).completionScript(spec, shell);
}

function versionsReport(): string {
  const { node = '', v8 = '', openssl = '', uv = '' } = process.versions;
  const versions = { tsalt: VERSION, 'Salt compatible': SALT_VERSION, 'Node.js': node, V8: v8, OpenSSL: openssl, libuv: uv };
  const system = { platform: process.platform, architecture: process.arch };
  const section = (title: string, values: Record<string, string>): string =>
    `${title}:\n${Object.entries(values)
      .map(([name, value]) => `${name.padStart(17)}: ${value}\n`)
      .join('')}`;
  return `${section('Versions', versions)}\n${section('System', system)}`;
}

function reported(spec: ToolSpec, error: unknown, io: ToolIo): number {
  if (error instanceof UsageError) {
    io.stderr.write(`${usageLine(spec)}\n${spec.prog}: error: ${error.message}\n`);
    return exitCode.usage;
  }
  if (error instanceof Interrupted) {
    io.stderr.write('\nExiting gracefully on Ctrl-c\n');
    return exitCode.ok;
  }
  if (error instanceof Finish) {
    io.stderr.write(error.message);
    return error.code;
  }
  if (!(error instanceof TsaltError)) throw error;
  io.stderr.write(`ERROR: ${messageOf(error)}\n`);
  return error.code === 'master-unreachable' || error.code === 'not-authorised' ? exitCode.nothing : exitCode.failed;
}
