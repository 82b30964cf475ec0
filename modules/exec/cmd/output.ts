import { CommandFailed, type Ctx, type Log } from '../../define.ts';
import type { CommandArgs } from './arguments.ts';

/** Salt's levels by weight; ours are four. */
const LEVELS: Readonly<Record<string, keyof Log>> = {
  all: 'debug',
  garbage: 'debug',
  trace: 'debug',
  debug: 'debug',
  profile: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'error',
};

/** Where output is logged; undefined for `quiet`. An unknown level is said and taken as info. */
export const logLevel = (ctx: Ctx, level = 'debug'): keyof Log | undefined => {
  const name = level.toLowerCase();
  if (name === 'quiet') return undefined;
  if (Object.hasOwn(LEVELS, name)) return LEVELS[name];
  ctx.log.error(`Invalid output_loglevel '${level}'. Valid levels are: ${Object.keys(LEVELS).join(', ')}, quiet. Falling back to 'info'.`);
  return 'info';
};

const decoderFor = (encoding: string): ((bytes: Buffer, fatal: boolean) => string) => {
  // The web's `latin1` is another table than Python's.
  if (/^(latin[-_]?1|iso[-_]?8859[-_]?1|ascii|us-ascii)$/i.test(encoding)) return (bytes) => bytes.toString('latin1');
  try {
    new TextDecoder(encoding);
  } catch {
    throw new CommandFailed(`Unknown output_encoding '${encoding}', use a name such as utf-8, latin-1, windows-1252, shift_jis`);
  }
  return (bytes, fatal) => new TextDecoder(encoding, { fatal, ignoreBOM: true }).decode(bytes);
};

/** Output as text; what is not of the encoding becomes U+FFFD, and the log says so. */
export const decodeOutput = (ctx: Ctx, args: CommandArgs, name: 'stdout' | 'stderr', bytes: Buffer): string => {
  const decode = decoderFor(args.output_encoding ?? 'utf-8');
  let text: string;
  try {
    text = decode(bytes, true);
  } catch {
    text = decode(bytes, false);
    if (args.output_loglevel !== 'quiet')
      ctx.log.error(`Failed to decode ${name} from command, non-decodable characters have been replaced`);
  }
  return args.rstrip === false ? text : text.trimEnd();
};

/** Logs what came out, a failure at level error whatever the level asked. */
export const reportResult = (
  ctx: Ctx,
  args: CommandArgs,
  program: string,
  result: { readonly retcode: number | null; readonly stdout: string; readonly stderr: string },
): void => {
  const asked = logLevel(ctx, args.output_loglevel);
  if (asked === undefined) return;
  const failed = !args.ignore_retcode && result.retcode !== 0;
  const level = failed ? 'error' : asked;
  if (failed) ctx.log.error(`Command '${program}' failed with return code: ${result.retcode}`);
  if (result.stdout) ctx.log[level](`stdout: ${result.stdout}`);
  if (result.stderr) ctx.log[level](`stderr: ${result.stderr}`);
  if (result.retcode) ctx.log[level](`retcode: ${result.retcode}`);
};

/** What cmd.run logs after the above. Throws the output if the command failed and the caller wants that. */
export const reportRun = (
  ctx: Ctx,
  args: CommandArgs,
  program: string,
  result: { readonly retcode: number | null; readonly stdout: string },
): void => {
  const asked = logLevel(ctx, args.output_loglevel);
  if (asked === undefined) return;
  const failed = !args.ignore_retcode && result.retcode !== 0 && result.retcode !== null;
  if (failed) ctx.log.error(`Command '${program}' failed with return code: ${result.retcode}`);
  if (failed && args.raise_err) throw new CommandFailed(args.hide_output ? '' : result.stdout);
  ctx.log[failed ? 'error' : asked](`output: ${result.stdout}`);
};
