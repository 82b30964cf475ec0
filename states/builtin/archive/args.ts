import type { ArgsOf } from '../../../modules/define.ts';

const flag = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
const any = (doc: string) => ({ type: 'any', doc }) as const;

export const ARGS = {
  name: { type: 'string', required: true, doc: 'the directory to unpack into' },
  source: { type: 'any', required: true, doc: 'the archive: a path or url, or a list of which the first is taken that is there' },
  source_hash: any('its hash, or a file with it'),
  source_hash_name: any('its name in that file'),
  source_hash_update: flag('unpack again when the hash has changed'),
  skip_files_list_verify: flag('do not compare what is in it: the hash tells whether to unpack'),
  skip_verify: flag('take it whatever it hashes to'),
  password: any('of a ZIP archive'),
  options: any('options of tar or unzip, which then unpack'),
  list_options: any('a program that decompresses a tar archive, to list it'),
  force: flag('remove what is in the way'),
  overwrite: flag('unpack also when all is there'),
  clean: flag('remove what the archive has at its top level first'),
  clean_parent: flag('remove the directory first'),
  user: any('who then owns what was unpacked'),
  group: any('its group'),
  if_missing: any('nothing is done if this path is there'),
  trim_output: any('not more names than that in the changes; True: 100'),
  use_cmd_unzip: { type: 'boolean', doc: 'unpack ZIP archives by unzip' },
  extract_perms: { type: 'boolean', default: true, doc: 'with the permissions in a ZIP archive' },
  enforce_toplevel: { type: 'boolean', default: true, doc: 'refuse an archive with more than one directory at its top level' },
  enforce_ownership_on: any('the path that user and group are for, in place of all'),
  archive_format: any('`tar`, `zip` or `rar`; by the name otherwise'),
  use_etag: flag('ask the server whether it changed'),
  signature: any('a detached signature'),
  source_hash_sig: any('the signature of source_hash'),
  signed_by_any: any('keys, one of which must have signed'),
  signed_by_all: any('keys, all of which must have signed'),
  keyring: any('the keyring of gpg'),
  gnupghome: any('the home of gpg'),
  sig_backend: { type: 'string', default: 'gpg', doc: 'what checks signatures' },
} as const;
export type Args = ArgsOf<typeof ARGS>;

/** What is to be done, once the arguments are known to make sense. */
export interface Job {
  readonly args: Args;
  /** The directory, with a slash at its end. */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly source: string;
  readonly isLocal: boolean;
  readonly format: 'tar' | 'zip' | 'rar';
  readonly options: string | undefined;
  readonly byUnzip: boolean;
  readonly most: number | undefined;
  readonly hash: string | undefined;
  readonly warnings: readonly string[];
}
export interface Contents {
  readonly dirs: readonly string[];
  readonly files: readonly string[];
  readonly links: readonly string[];
  readonly top_level_dirs: readonly string[];
  readonly top_level_files: readonly string[];
  readonly top_level_links: readonly string[];
}
