import { existsSync } from 'node:fs';
import type { Ctx, Ran, SpawnOptions } from '../../define.ts';
import type { Complaint } from './tool.ts';

/** What the tools write is read here, so it must be in English. */
export const ENGLISH = { LC_ALL: 'C.UTF-8', LANGUAGE: 'C' };

export const text = (bytes: Buffer): string => bytes.toString('utf8');

/** Outside the minion's own unit: upgrading the minion must not kill the upgrade. */
export const scoped = (ctx: Ctx, argv: readonly string[]): readonly string[] =>
  existsSync('/run/systemd/system') && ctx.config['systemd.scope'] !== false ? ['systemd-run', '--scope', ...argv] : argv;

export const logFailure = (ctx: Ctx, [program = '']: readonly string[], ran: Ran): void => {
  ctx.log.error(`Command '${program}' failed with return code: ${ran.code}`);
  if (ran.stdout.length > 0) ctx.log.error(`stdout: ${text(ran.stdout).trimEnd()}`);
  if (ran.stderr.length > 0) ctx.log.error(`stderr: ${text(ran.stderr).trimEnd()}`);
};

/** Runs a tool to learn something of it; a failure is an answer, too. */
export const ask = (ctx: Ctx, argv: readonly string[], options: SpawnOptions = {}): Promise<Ran> =>
  ctx.spawn(argv, { ...options, env: { ...ENGLISH, ...options.env } });

/** Runs a tool to change something. */
export const act = async (ctx: Ctx, argv: readonly string[], options: SpawnOptions = {}): Promise<Ran> => {
  const ran = await ctx.spawn(scoped(ctx, argv), { ...options, env: { ...ENGLISH, ...options.env } });
  if (ran.code !== 0) logFailure(ctx, argv, ran);
  return ran;
};

/** Why a tool failed, in its own words. */
export const failureOf = ({ code, stdout, stderr }: Ran): Complaint =>
  code === 0 ? undefined : text(stderr).trimEnd() || text(stdout).trimEnd() || `it ended with ${code}`;
