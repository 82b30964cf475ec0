import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';
import { shown } from '../file/cached.ts';
import type { Contents, Job } from './args.ts';

/** What the archive holds, or why it cannot be unpacked. */
export async function contentsOf(ctx: StateCtx, job: Job, archive: string): Promise<Contents | Outcome> {
  const { args, format } = job;
  if (format === 'zip' && !args.password && (await isEncrypted(ctx, archive)))
    return failed(`Archive ${shown(job.source)} is password-protected, but no password was specified. Please set the 'password' argument.`);
  const strip = format === 'tar' ? /--strip(?:-components)?(?:\s+|=)["']?(\d+)["']?/.exec(job.options ?? '')?.[1] : undefined;
  const how = {
    archive_format: format,
    ...(args.list_options == null ? {} : { options: String(args.list_options) }),
    ...(strip === undefined ? {} : { strip_components: Number(strip) }),
    verbose: true,
  };
  try {
    const contents = (await ctx.call('archive.list', [archive], how)) as unknown as Contents;
    return refused(job, contents) ?? contents;
  } catch (error) {
    if (error instanceof CommandFailed) return failed(unlistable(job, error.message));
    throw error;
  }
}

async function isEncrypted(ctx: StateCtx, archive: string): Promise<boolean> {
  try {
    return (await ctx.call('archive.is_encrypted', [archive])) === true;
  } catch (error) {
    // What is no archive at all is told of when it is listed.
    if (error instanceof CommandFailed) return false;
    throw error;
  }
}

function unlistable({ args, format }: Job, message: string): string {
  const needed = [
    ...(args.if_missing ? [] : ["'if_missing' must be set"]),
    ...(!args.enforce_ownership_on && (args.user || args.group)
      ? ["Ownership cannot be managed without setting 'enforce_ownership_on'."]
      : []),
  ];
  if (needed.length === 0) return message;
  const way =
    format === 'tar'
      ? 'If the source archive is a tar archive compressed using a compression type not natively supported by the tar command, then ' +
        "setting the 'list_options' argument may allow the contents to be listed. Otherwise, if Salt is unable to determine the " +
        'files/directories in the archive, the following workaround(s) would need to be used for this state to proceed'
      : 'The following workarounds must be used for this state to proceed';
  return [`${message}\n\n${way} (assuming the source file is a valid ${format} archive):\n`, ...needed.map((one) => `- ${one}`)].join('\n');
}

function refused({ args, name, format }: Job, contents: Contents): Outcome | undefined {
  if (args.enforce_toplevel && (contents.top_level_dirs.length > 1 || contents.top_level_files.length > 0))
    return failed(
      "Archive does not have a single top-level directory. To allow this archive to be extracted, set 'enforce_toplevel' to False. " +
        `To avoid a '${format}-bomb' it may also be advisable to set a top-level directory by adding it to the 'name' value (for ` +
        `example, setting 'name' to ${join(name, 'some_dir')} instead of ${name}).`,
    );
  return args.clean && args.clean_parent ? failed("Only one of 'clean' and 'clean_parent' can be set to True") : undefined;
}

export interface Present {
  readonly isMissing: boolean;
  /** Paths at which something of another kind lies. */
  readonly incorrect: readonly string[];
}

/** What of the contents is there already. */
export async function presentOf(name: string, contents: Contents): Promise<Present> {
  let isMissing = false;
  const incorrect: string[] = [];
  const kinds = [
    ...contents.dirs.map((path) => ({ path, kind: 'dir' })),
    ...contents.files.map((path) => ({ path, kind: 'file' })),
    ...contents.links.map((path) => ({ path, kind: 'link' })),
  ];
  for (const { path, kind } of kinds) {
    try {
      const found = await lstat(join(name, path).replace(/\/+$/, ''));
      const has = found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'dir' : 'file';
      if (has !== kind) incorrect.push(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') isMissing = true;
      else if (code !== 'ENOTDIR') throw error;
    }
  }
  return { isMissing, incorrect };
}
