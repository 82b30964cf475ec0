import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';

/** What `cmd.run_all` tells of a command that ended. */
export interface Ended {
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}
type Options = Readonly<Record<string, Returnable>>;

/** Runs a program of the system by `cmd.run_all`: a failure shows in the job's return code, as with Salt. */
export async function execute(ctx: Ctx, argv: readonly Returnable[], options: Options = {}): Promise<Ended> {
  return (await ctx.call('cmd.run_all', [argv.map(wordOf)], { python_shell: false, ...options })) as unknown as Ended;
}

/** What a program prints on both streams, by `cmd.run`. */
export async function output(ctx: Ctx, argv: readonly Returnable[], options: Options = {}): Promise<string> {
  return String(await ctx.call('cmd.run', [argv.map(wordOf)], { python_shell: false, ...options }));
}

/** The path of a program that must be on PATH. Throws CommandFailed, in Salt's words, if it is not. */
export function program(ctx: Ctx, name: string): string {
  const path = ctx.host.which(name);
  if (path === undefined) throw new CommandFailed(`Command '${name}' cannot be found`);
  return path;
}

/** A value as a word of a command line or file: None, True and False as Python's `str()` has them. */
export const wordOf = (value: Returnable | undefined): string => {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' && !('toJSON' in value) ? JSON.stringify(value) : String(value);
};

/** A list as it is, or the parts of a text with commas between. */
export const wordsOf = (value: Returnable): string[] => (Array.isArray(value) ? value.map(wordOf) : wordOf(value).split(','));
