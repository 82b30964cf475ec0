import { levelNames } from './levels.ts';
import { option } from './option.ts';

/** Options that the master and the minion both have, by concern; defaults that differ are arguments. */
export const placeOptions = (role: 'master' | 'minion') => ({
  user: option.string({ default: 'root', doc: 'The account the daemon runs as.' }),
  root_dir: option.path({ default: '/', doc: 'Put before every path of this file, so that a whole installation can live elsewhere.' }),
  pki_dir: option.path({ default: `/etc/salt/pki/${role}`, doc: 'Where keys are kept, in the layout of Salt.' }),
  cachedir: option.path({ default: `/var/cache/salt/${role}`, doc: 'Where data that outlive a restart are kept.' }),
  sock_dir: option.path({ default: `/var/run/salt/${role}`, doc: 'Where local sockets are made.' }),
  extension_modules: option.path({
    default: `/var/cache/salt/${role}/extmods`,
    doc: 'Where modules synchronised from the file server are kept.',
  }),
  pidfile: option.path({ default: `/var/run/salt-${role}.pid`, doc: 'Holds the process id while the daemon runs.' }),
  default_include: option.string({ default: `${role}.d/*.conf`, doc: 'Further configuration files, read after the main file.' }),
  module_dirs: option.list({ default: [], doc: 'Further directories with execution modules.' }),
  verify_env: option.boolean({ default: true, doc: 'Make missing directories and check their permissions at start.' }),
  permissive_pki_access: option.boolean({ default: false, doc: 'Let the group read the private keys.' }),
});

export const logOptions = (role: 'master' | 'minion') => ({
  log_file: option.path({ default: `/var/log/salt/${role}`, uri: true, doc: 'The log, one JSON object on each line.' }),
  key_logfile: option.path({ default: '/var/log/salt/key', uri: true, doc: 'The log of the key tool.' }),
  log_level: option.choice({ choices: levelNames, default: 'warning', doc: 'From which level on messages go to the console.' }),
  log_level_logfile: option.choice({
    choices: levelNames,
    default: null,
    doc: 'From which level on messages go to the log; as log_level when unset.',
  }),
});

export const socketOptions = {
  ipv6: option.boolean({ default: null, doc: 'Prefer IPv6; unset means as the given addresses are.' }),
  tcp_keepalive: option.boolean({ default: true, doc: 'Keep idle connections known to firewalls by TCP keepalive.' }),
  tcp_keepalive_idle: option.number({ default: 300, least: -1, doc: 'Seconds of silence before the first keepalive.' }),
  tcp_keepalive_cnt: option.number({
    default: -1,
    least: -1,
    doc: 'Lost keepalives after which a connection is dead; -1 leaves it to the system.',
  }),
  tcp_keepalive_intvl: option.number({ default: -1, least: -1, doc: 'Seconds between keepalives; -1 leaves it to the system.' }),
  zmq_filtering: option.boolean({ default: false, doc: 'Send a job only to connections that may need it, by topics.' }),
  max_event_size: option.number({ default: 1048576, least: 1024, doc: 'Bytes after which an event is cut.' }),
  transport: option.choice({ choices: ['zeromq'], default: 'zeromq', doc: 'How frames travel.' }),
};

export const fileOptions = (size: { readonly buffer: number; readonly chunk: number }) => ({
  file_roots: option.roots({ default: { base: ['/srv/salt', '/srv/spm/salt'] }, doc: 'Directories served as salt://, by environment.' }),
  pillar_roots: option.roots({
    default: { base: ['/srv/pillar', '/srv/spm/pillar'] },
    doc: 'Directories with pillar files, by environment.',
  }),
  fileserver_backend: option.list({ default: ['roots'], single: true, doc: 'Where files come from, asked in this order: roots, gitfs.' }),
  fileserver_followsymlinks: option.boolean({ default: true, doc: 'Follow symbolic links while listing files.' }),
  fileserver_ignoresymlinks: option.boolean({ default: false, doc: 'Leave symbolic links out.' }),
  file_ignore_regex: option.list({ default: [], single: true, doc: 'Files whose path matches one of these expressions are not served.' }),
  file_ignore_glob: option.list({ default: [], single: true, doc: 'Files whose path matches one of these patterns are not served.' }),
  file_buffer_size: option.number({ default: size.buffer, least: 1024, doc: 'Bytes of a file sent in one piece.' }),
  file_recv: option.boolean({ default: false, doc: 'Let minions push files to the master (cp.push).' }),
  file_recv_max_size: option.number({ default: 100, least: 0, doc: 'Largest pushed file, in megabytes.' }),
  hash_type: option.choice({
    choices: ['sha256', 'md5', 'sha1', 'sha224', 'sha384', 'sha512'],
    default: 'sha256',
    doc: 'The hash by which files and key fingerprints are compared.',
  }),
  top_file_merging_strategy: option.choice({
    choices: ['merge', 'same', 'merge_all'],
    default: 'merge',
    doc: 'How top files of several environments are combined.',
  }),
  env_order: option.list({ default: [], doc: 'Order in which environments are merged.' }),
  default_top: option.string({ default: 'base', doc: 'The environment whose top file stands in for a missing one.' }),
  saltenv: option.string({ default: null, doc: 'The environment states come from when a job names none.' }),
  pillarenv: option.string({ default: null, doc: 'The environment pillar comes from when a job names none.' }),
  pillar_opts: option.boolean({ default: false, doc: "Put the master's options into every minion's pillar, under the key master." }),
  pillar_source_merging_strategy: option.choice({
    choices: ['smart', 'recurse', 'aggregate', 'overwrite', 'none'],
    default: 'smart',
    doc: 'How pillar from several files is combined.',
  }),
  pillar_merge_lists: option.boolean({ default: false, doc: 'Append lists while pillar is combined, instead of replacing them.' }),
  pillar_mask_output: option.boolean({ default: true, doc: 'Show stars in place of pillar values that jobs return.' }),
  pillar_includes_override_sls: option.boolean({ default: false, doc: 'An included pillar file wins over the including one.' }),
  renderer_blacklist: option.list({ default: [], doc: 'Renderers that files may not ask for.' }),
  renderer_whitelist: option.list({ default: [], doc: 'The only renderers that files may ask for, if any are named.' }),
  gpg_keydir: option.string({ default: null, doc: 'Where the keys of the renderer gpg lie; gpgkeys beside the configuration unless set.' }),
  gpg_decrypt_must_succeed: option.boolean({ default: true, doc: 'Take a message that gpg cannot decrypt for an error.' }),
  renderer: option.string({ default: 'jinja|yaml', doc: 'How state and pillar files without a #! line are read.' }),
  salt_cp_chunk_size: option.number({ default: size.chunk, least: 1024, doc: 'Bytes that salt-cp --chunked sends at a time.' }),
});

const access = (prefix: 'gitfs' | 'git_pillar') => ({
  [`${prefix}_user`]: option.string({ default: '', doc: 'The user at remotes that ask for one.' }),
  [`${prefix}_password`]: option.string({ default: '', secret: true, doc: 'The password there, or a token.' }),
  [`${prefix}_insecure_auth`]: option.boolean({ default: false, doc: 'Send it also over plain http.' }),
  [`${prefix}_privkey`]: option.string({ default: '', doc: 'The private key for remotes reached by ssh.' }),
  [`${prefix}_pubkey`]: option.string({ default: '', doc: 'Accepted for compatibility: ssh needs the private key alone.' }),
  [`${prefix}_passphrase`]: option.string({ default: '', secret: true, doc: 'The passphrase of that key.' }),
  [`${prefix}_ssl_verify`]: option.boolean({ default: true, doc: 'Check the certificates of remotes.' }),
  [`${prefix}_proxy`]: option.string({ default: '', doc: 'A proxy for remotes reached by http.' }),
  [`${prefix}_refspecs`]: option.list({
    default: ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'],
    single: true,
    doc: 'What is fetched, and under which name.',
  }),
  [`${prefix}_depth`]: option.number({ default: 0, least: 0, doc: 'Commits of each branch that are fetched; 0 is all of them.' }),
  [`${prefix}_update_interval`]: option.number({ default: 60, least: 0, doc: 'Seconds between two fetches; 0 fetches once, at start.' }),
  [`${prefix}_ref_types`]: option.list({
    default: ['branch', 'tag', 'sha'],
    single: true,
    doc: 'What may be an environment: branch, tag, sha.',
  }),
  [`${prefix}_base`]: option.string({ default: 'master', doc: 'The branch or tag that is the environment base.' }),
  [`${prefix}_root`]: option.string({ default: '', doc: 'The directory of the repository that is used.' }),
  [`${prefix}_fallback`]: option.string({ default: '', doc: 'The branch or tag for environments without one.' }),
  [`${prefix}_global_lock`]: option.boolean({ default: true, doc: 'Accepted for compatibility.' }),
});

/** Git repositories as a source of files. */
export const gitfsOptions = {
  gitfs_remotes: option.any({ default: [], doc: 'Repositories whose files are served: URLs, or maps of URL to options of that remote.' }),
  ...access('gitfs'),
  gitfs_mountpoint: option.string({ default: '', doc: 'The directory below salt:// at which their files appear.' }),
  gitfs_saltenv: option.any({ default: [], doc: 'Options of single environments: ref, root, mountpoint.' }),
  gitfs_saltenv_whitelist: option.list({ default: [], single: true, doc: 'If given, only these environments are served.' }),
  gitfs_saltenv_blacklist: option.list({ default: [], single: true, doc: 'These environments are not served.' }),
  gitfs_disable_saltenv_mapping: option.boolean({ default: false, doc: 'Serve only environments that are mapped by name.' }),
  gitfs_provider: option.string({ default: '', doc: 'Accepted for compatibility: the program git is used.' }),
  gitfs_fetch_timeout: option.number({
    salt: false,
    default: 600,
    least: 1,
    doc: 'Seconds after which a fetch that is not done is ended.',
  }),
};

/** External sources of pillar; `git` has options of its own. */
export const extPillarOptions = {
  ext_pillar: option.any({ default: [], doc: 'Further sources of pillar, in order.' }),
  ext_pillar_first: option.boolean({ default: false, doc: 'Ask ext_pillar before the pillar files.' }),
  on_demand_ext_pillar: option.list({ default: ['libvirt', 'virtkey'], doc: 'Sources that a minion may ask for by pillar.ext.' }),
  exclude_ext_pillar: option.list({ default: [], doc: 'Sources of ext_pillar that are passed over.' }),
  ...access('git_pillar'),
  git_pillar_branch: option.string({ default: 'master', doc: 'The branch of remotes that name none.' }),
  git_pillar_env: option.string({ default: '', doc: 'The environment of remotes that name none; that of the branch when empty.' }),
  git_pillar_includes: option.boolean({ default: true, doc: 'Let pillar files include those of other remotes of the same environment.' }),
  git_pillar_verify_config: option.boolean({ default: true, doc: 'Accepted for compatibility: the options are checked at start.' }),
  git_pillar_provider: option.string({ default: '', doc: 'Accepted for compatibility: the program git is used.' }),
};

export const stateOptions = {
  state_top: option.string({ default: 'top.sls', doc: 'The name of the top file.' }),
  state_top_saltenv: option.string({ default: null, doc: 'Take the top file from this environment alone.' }),
  state_output: option.string({ default: 'full', doc: 'How states are shown: full, terse, mixed, changes or filter.' }),
  state_verbose: option.boolean({ default: true, doc: 'Show states that succeeded without changes too.' }),
  state_output_diff: option.boolean({ default: false, doc: 'Show only states with changes.' }),
  state_output_profile: option.boolean({ default: true, doc: 'Show when each state started and how long it took.' }),
  state_output_pct: option.boolean({ default: false, doc: 'Show success and failure in percent too.' }),
  state_compress_ids: option.boolean({ default: false, doc: 'Show states of one id together.' }),
  state_tabular: option.any({ default: false, doc: 'Show terse states as a table; a text is taken as its format.' }),
  state_auto_order: option.boolean({ default: true, doc: 'Run states in the order of the file.' }),
  state_events: option.boolean({ default: false, doc: 'Fire an event after each state.' }),
  state_aggregate: option.any({ default: false, doc: 'Let states of one module run as one, all or those listed.' }),
  failhard: option.boolean({ default: false, doc: 'End a state run at the first failure.' }),
  test: option.boolean({ default: false, doc: 'Predict what states would change, and change nothing.' }),
};
