import type { ArgsOf } from '../../../modules/define.ts';
import { DIR_MODE, defaultsOf, GROUP, MAKEDIRS, MODE, NAME, SHOW_CHANGES, USER } from './common.ts';

const WIN = { type: 'any', doc: 'not used on this kind of system' } as const;

/** How a source is checked by its signature, or that of its hash. */
const SIGNED = {
  signature: { type: 'any', doc: 'the signature of the source: a url, or True if it is in it' },
  source_hash_sig: { type: 'any', doc: 'the signature of source_hash' },
  signed_by_any: { type: 'any', doc: 'keys, one of which must have signed' },
  signed_by_all: { type: 'any', doc: 'keys, all of which must have signed' },
  keyring: { type: 'any', doc: 'the keyring of gpg' },
  gnupghome: { type: 'any', doc: 'the home of gpg' },
} as const;

export const MANAGED_ARGS = {
  name: NAME,
  source: { type: 'any', doc: 'salt://, http(s):// or a path; of a list the first that is there' },
  source_hash: { type: 'any', default: '', doc: 'the hash of a source from the web, or a file with it' },
  source_hash_name: { type: 'any', doc: 'the name of the source in that file' },
  keep_source: { type: 'boolean', default: true, doc: 'False: the copy in the cache goes' },
  user: USER,
  group: GROUP,
  mode: { ...MODE, doc: 'the mode, in octal; keep: that of the source' },
  attrs: { type: 'any', doc: 'flags of lsattr' },
  template: { type: 'string', doc: 'the engine to render it by' },
  makedirs: MAKEDIRS,
  dir_mode: DIR_MODE,
  context: { type: 'any', doc: 'variables of the template' },
  replace: { type: 'boolean', default: true, doc: 'replace the content of a file that is there' },
  defaults: { type: 'any', doc: 'variables where context has none' },
  backup: { type: 'any', default: '', doc: 'minion: keep what was there' },
  show_changes: SHOW_CHANGES,
  create: { type: 'boolean', default: true, doc: 'make it if it is not there' },
  contents: { type: 'any', doc: 'the content itself: text, or a list of lines' },
  tmp_dir: { type: 'string', doc: 'where the file for check_cmd lies' },
  tmp_ext: { type: 'string', default: '', doc: 'how its name ends' },
  contents_pillar: { type: 'any', doc: 'the pillar key that holds the content, or several' },
  contents_grains: { type: 'any', doc: 'the grain that holds the content, or several' },
  contents_newline: { type: 'boolean', default: true, doc: 'end it with a line end' },
  contents_delimiter: { type: 'string', default: ':', doc: 'between the keys of pillar or grains' },
  encoding: { type: 'string', doc: 'the encoding of contents' },
  encoding_errors: { type: 'string', default: 'strict', doc: 'not used' },
  allow_empty: { type: 'boolean', default: true, doc: 'False: an empty content is a failure' },
  follow_symlinks: { type: 'boolean', default: true, doc: 'write what a link leads to, rather than a file in its place' },
  check_cmd: { type: 'any', doc: 'a command that must accept the new file, whose path it gets as its last word' },
  skip_verify: { type: 'boolean', default: false, doc: 'take a source from the web whatever it hashes to' },
  selinux: { type: 'map', doc: 'seuser, serole, setype, serange' },
  win_owner: WIN,
  win_perms: WIN,
  win_deny_perms: WIN,
  win_inheritance: WIN,
  win_perms_reset: WIN,
  verify_ssl: { type: 'boolean', default: true, doc: 'verify certificates' },
  use_etag: { type: 'boolean', default: false, doc: 'ask the server whether it changed' },
  ...SIGNED,
  ignore_ordering: { type: 'boolean', default: false, doc: 'lines in another order are no change' },
  ignore_whitespace: { type: 'boolean', default: false, doc: 'other white space is no change' },
  ignore_comment_characters: { type: 'any', doc: 'lines that begin so are no change' },
  new_file_diff: { type: 'boolean', default: false, doc: 'show the content of a new file as a difference' },
  sig_backend: { type: 'string', default: 'gpg', doc: 'what checks signatures' },
} as const;
export type Managed = ArgsOf<typeof MANAGED_ARGS>;

/** The arguments of a `file.managed` of which only these are told. */
export function managedArgs(told: Partial<Managed> & { readonly name: string }): Managed {
  return { ...defaultsOf(MANAGED_ARGS), ...told } as Managed;
}
