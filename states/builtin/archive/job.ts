import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { expandUser } from '../../../modules/exec/file/paths.ts';
import { failed, inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { defined } from '../defined.ts';
import { shown } from '../file/cached.ts';
import type { Args, Job } from './args.ts';

const isPath = (value: Returnable | undefined): boolean => value == null || (typeof value === 'string' && isAbsolute(value));

/** The job that the arguments ask for, or how it ends before it begins. */
export async function jobOf(ctx: StateCtx, args: Args): Promise<Job | Outcome> {
  const refused = refusedPaths(args);
  if (refused !== undefined) return refused;
  const owner = await ownerOf(ctx, args);
  if ('result' in owner) return owner;
  if ((args.signature || args.source_hash_sig) && !(await ctx.has(`${args.sig_backend}.verify`)))
    return failed(`Cannot verify signatures because the ${args.sig_backend} module was not loaded`);
  const found = await sourceOf(ctx, args);
  if ('result' in found) return found;
  const how = howOf(args, found.path);
  if ('result' in how) return how;
  const hash = await hashOf(ctx, args, found.source);
  if (hash !== undefined && typeof hash !== 'string') return hash;
  const warnings = [
    ...('keep_source' in ctx.extra && 'keep' in ctx.extra
      ? ["Both 'keep_source' and 'keep' were used. Since these both do the same thing, 'keep' was ignored."]
      : []),
    ...(args.source_hash_update && !args.source_hash
      ? ["The 'source_hash_update' argument is ignored when 'source_hash' is not also specified."]
      : []),
    ...how.warnings,
  ];
  return { args, name: `${args.name.replace(/\/+$/, '')}/`, ...owner, ...found, ...how, hash, warnings };
}

function refusedPaths(args: Args): Outcome | undefined {
  const { name, if_missing, enforce_ownership_on } = args;
  if (args.skip_files_list_verify && args.skip_verify)
    return failed('Only one of "skip_files_list_verify" and "skip_verify" can be set to True');
  if (!isAbsolute(name)) return failed(`${name} is not an absolute path`);
  const folder = name.replace(/\/+$/, '');
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true) return failed(`${folder} exists and is not a directory`);
  if (!isPath(if_missing)) return failed("Value for 'if_missing' is not an absolute path");
  if (!isPath(enforce_ownership_on)) return failed("Value for 'enforce_ownership_on' is not an absolute path");
  if (typeof enforce_ownership_on === 'string' && relative(name, enforce_ownership_on).startsWith('../'))
    return failed(`Value for 'enforce_ownership_on' must be within ${folder}/`);
  return typeof if_missing === 'string' && existsSync(if_missing) ? inOrder(`Path ${if_missing} exists`) : undefined;
}

async function ownerOf(ctx: StateCtx, { user, group }: Args): Promise<{ readonly uid: number; readonly gid: number } | Outcome> {
  const uid = user ? await ctx.call('file.user_to_uid', [user]) : -1;
  if (uid === '') return failed(`User ${String(user)} does not exist`);
  const gid = group ? await ctx.call('file.group_to_gid', [group]) : -1;
  return gid === '' ? failed(`Group ${String(group)} does not exist`) : { uid: Number(uid), gid: Number(gid) };
}

interface Source {
  readonly source: string;
  readonly isLocal: boolean;
  /** The part of it that tells the format. */
  readonly path: string;
}

async function sourceOf(ctx: StateCtx, args: Args): Promise<Source | Outcome> {
  let match: Returnable;
  try {
    [match = null] = (await ctx.call('file.source_list', [args.source, args.source_hash ?? null, ctx.saltenv])) as Returnable[];
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
  if (typeof match !== 'string' || match === '') return failed(`Invalid source "${String(args.source)}"`);
  const [, scheme = '', rest = match] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(match) ?? [];
  const path = (rest.split(/[?#]/)[0] ?? '').replace(/\/+$/, '');
  if (scheme !== '' && scheme.toLowerCase() !== 'file') return { source: match, isLocal: false, path };
  const place = await expandUser(path);
  const source = existsSync(place) ? realpathSync(place) : place;
  return statSync(source, { throwIfNoEntry: false })?.isFile() === true
    ? { source, isLocal: true, path }
    : failed(`Source file '${shown(source)}' does not exist`);
}

const FORMATS: readonly (readonly [RegExp, string])[] = [
  [/(tar|tar\.gz|tgz|tar\.bz2|tbz2|tbz|tar\.xz|txz|tar\.lzma|tlz)$/i, 'tar'],
  [/zip$/i, 'zip'],
  [/rar$/i, 'rar'],
];
type How = Pick<Job, 'format' | 'options' | 'byUnzip' | 'most' | 'warnings'>;

function howOf(args: Args, path: string): How | Outcome {
  const asked = args.archive_format || FORMATS.find(([ending]) => ending.test(path))?.[1];
  if (asked === undefined)
    return failed(
      "Could not guess archive_format from the value of the 'source' argument. Please set this archive_format to one of the " +
        'following: tar, rar, zip',
    );
  const format = String(asked).toLowerCase();
  if (format !== 'tar' && format !== 'zip' && format !== 'rar')
    return failed(
      `Invalid archive_format '${format}'. Either set it to a supported value (tar, rar, zip) or remove this argument and the ` +
        'archive format will be guessed based on file extension.',
    );
  const options = args.options == null ? undefined : String(args.options);
  const most = mostOf(args.trim_output);
  const unfit = unfitOptions(args, format, options) ?? most.unfit;
  if (unfit !== undefined) return failed(unfit);
  const insecure =
    format === 'zip' && args.password && args.use_cmd_unzip === true
      ? [
          "Using a password in combination with setting 'use_cmd_unzip' to True is considered insecure. It is recommended to remove " +
            "the 'use_cmd_unzip' argument (or set it to False) and allow Salt to extract the archive using Python's built-in ZIP " +
            'file support.',
        ]
      : [];
  const byUnzip = format === 'zip' && (args.use_cmd_unzip === true || Boolean(options));
  return { format, options, byUnzip, most: most.most, warnings: insecure };
}

function unfitOptions(args: Args, format: string, options: string | undefined): string | undefined {
  if (format === 'zip') {
    return options && args.use_cmd_unzip === false
      ? "'use_cmd_unzip' cannot be set to False if CLI options are being specified (via the 'options' argument). Either remove " +
          "'use_cmd_unzip', or set it to True."
      : undefined;
  }
  if (args.password) return "The 'password' argument is only supported for zip archives";
  return options && format === 'rar' ? "The 'options' argument is only compatible with the following archive formats: tar, zip" : undefined;
}

function mostOf(trim: Returnable | undefined): { readonly most: number | undefined; readonly unfit?: string } {
  if (!trim) return { most: undefined };
  if (trim === true) return { most: 100 };
  if (typeof trim === 'object') return { most: undefined, unfit: 'Invalid value for trim_output, must be True/False or an integer' };
  if (!/^\s*[+-]?\d+\s*$/.test(String(trim))) throw new Error(`trim_output must be True, False or a number, not ${String(trim)}`);
  return { most: Number(trim) };
}

async function hashOf(ctx: StateCtx, args: Args, source: string): Promise<string | undefined | Outcome> {
  if (!args.source_hash) return undefined;
  const { source_hash, source_hash_name, source_hash_sig, signed_by_any, signed_by_all, keyring, gnupghome } = args;
  const more = { source_hash_name, source_hash_sig, signed_by_any, signed_by_all, keyring, gnupghome };
  const given = defined(more);
  try {
    const sum = await ctx.call('file.get_source_sum', [], { source, source_hash, saltenv: ctx.saltenv, ...given });
    return (sum as { readonly hsum: string }).hsum;
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
}
