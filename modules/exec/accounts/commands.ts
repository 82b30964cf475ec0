import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';

/** What `cmd.run_all` tells of a command that ended. */
export interface Ended {
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system by `cmd.run_all`: a failure shows in the job's return code, as with Salt. */
export async function execute(ctx: Ctx, argv: readonly Returnable[], options: Readonly<Record<string, Returnable>> = {}): Promise<Ended> {
  const ended = await ctx.call('cmd.run_all', [argv.map(wordOf)], { python_shell: false, ...options });
  return ended as unknown as Ended;
}

/** The words of a program that must be on PATH. Throws CommandFailed, in Salt's words, if it is not. */
export function program(ctx: Ctx, name: string): string {
  const path = ctx.host.which(name);
  if (path === undefined) throw new CommandFailed(`Command '${name}' cannot be found`);
  return path;
}

/** `-R root` for the tools of shadow, or nothing. */
export const chroot = (root: string | undefined): string[] => (root === undefined ? [] : ['-R', root]);

/** A value as a word of a command line: None, True and False as Python's `str()` has them. */
export const wordOf = (value: Returnable): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' && !('toJSON' in value) ? JSON.stringify(value) : String(value);
};
