import type { Readable } from 'node:stream';
import { CallRefused, type Ctx, type Returnable } from '../../define.ts';
import { Engine, EngineError, part } from './engine.ts';
import { type Frame, framesOf, textOf } from './frames.ts';
import { fields, splitInput } from './values.ts';
import { splitWords } from './words.ts';

const PATH = 'PATH=/bin:/usr/bin:/sbin:/usr/sbin:/opt/bin:/usr/local/bin:/usr/local/sbin';
/** What makes a command line one for a shell. */
const SHELLY = /[|&;<>()$`*?[\]#~={}%!\n]/;

export interface Done {
  readonly pid: number;
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order written. */
  readonly output: string;
}

/** Runs a program in a container that runs, and waits for it. `stdin`: what it reads. */
export async function execute(ctx: Ctx, container: string, argv: readonly string[], stdin?: string | Readable): Promise<Done> {
  const engine = await Engine.of(ctx);
  try {
    const asked = { AttachStdout: true, AttachStderr: true, AttachStdin: stdin !== undefined, Tty: false, Cmd: argv };
    const id = String(fields(await engine.json('POST', `/containers/${part(container)}/exec`, { body: asked }))['Id']);
    const socket = await engine.both(`/exec/${id}/start`, { Detach: false, Tty: false });
    if (stdin === undefined || typeof stdin === 'string') socket.end(stdin ?? '');
    else stdin.on('error', (error) => socket.destroy(error)).pipe(socket);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const { ExitCode: code, Pid: pid } = fields(await engine.json('GET', `/exec/${id}/json`));
    return done(framesOf(Buffer.concat(chunks)), Number(code ?? 0), Number(pid ?? 0));
  } catch (error) {
    // As Docker's own client tells of it: a container that is absent, stopped or paused.
    if (!(error instanceof EngineError)) throw error;
    const complaint = `Error response from daemon: ${error.explanation}`;
    return { pid: 0, retcode: 1, stdout: '', stderr: complaint, output: complaint };
  }
}

const done = (frames: readonly Frame[], retcode: number, pid: number): Done => ({
  pid,
  retcode,
  stdout: textOf(frames, 'stdout').trimEnd(),
  stderr: textOf(frames, 'stderr').trimEnd(),
  output: textOf(frames).trimEnd(),
});

/** A program with an environment of nothing but PATH, as Salt runs it. */
export const clean = (argv: readonly string[], kept: readonly string[] = []): string[] => {
  const own = kept.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]));
  return ['env', '-i', ...(kept.includes('PATH') ? [] : [PATH]), ...own, ...argv];
};

/** The words to run for a command line: by the container's shell where it takes one, unless `shell` is off. */
export function argvOf(given: Returnable, shell: boolean, keepEnv: Returnable | undefined): string[] {
  const line = Array.isArray(given) ? undefined : String(given);
  const argv =
    line === undefined
      ? (given as readonly Returnable[]).map(String)
      : shell && SHELLY.test(line)
        ? ['/bin/sh', '-c', line]
        : wordsOf(line);
  return keepEnv === true ? argv : clean(argv, typeof keepEnv === 'boolean' ? [] : splitInput(keepEnv));
}

function wordsOf(line: string): string[] {
  try {
    return splitWords(line);
  } catch (error) {
    throw new CallRefused(`The command '${line}' cannot be split into words: ${error instanceof Error ? error.message : String(error)}`);
  }
}
