import type { ToolIo } from './tool.ts';

/**
 * Runs a tool as this process: its exit code becomes the process's, once all output is written. A reader
 * that went away (`| head`) ends the output quietly, and Ctrl-C lets the tool say what goes on without it.
 */
export async function execute(main: (argv: readonly string[], io: ToolIo) => Promise<number>): Promise<void> {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  const code = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    isTTY: process.stdout.isTTY === true,
    ...(process.stderr.isTTY ? { terminal: { columns: () => process.stderr.columns, rows: () => process.stderr.rows } } : {}),
    interrupted: interruption.signal,
  });
  // What was interrupted may still hold the process: a function that runs on, an answer that is awaited.
  if (interruption.signal.aborted) process.exit(code);
  process.exitCode = code;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
