import {
  extPillarOptions,
  fileOptions,
  gitfsOptions,
  logOptions,
  placeOptions,
  socketOptions,
  stateOptions,
} from '../kernel/config/daemon_options.ts';
import { guessId } from '../kernel/config/identity.ts';
import { type Loaded, type LoadRequest, loadConfig } from '../kernel/config/load.ts';
import { type ConfigOf, defineOptions, option } from '../kernel/config/option.ts';
import { VERSION } from '../kernel/version.ts';

const network = {
  interface: option.string({ default: '0.0.0.0', doc: 'The address to listen on.' }),
  publish_port: option.number({ default: 4505, least: 0, most: 65535, doc: 'The port jobs are published on; 0 picks a free one.' }),
  ret_port: option.number({ default: 4506, least: 0, most: 65535, doc: 'The port requests and returns arrive on; 0 picks a free one.' }),
  ...socketOptions,
  zmq_backlog: option.number({ default: 1000, least: 1, doc: 'Connections the system holds until they are taken.' }),
  pub_hwm: option.number({ default: 1000, least: 0, doc: 'Publications held for a slow minion before it misses some.' }),
  worker_threads: option.number({ default: 5, least: 1, doc: 'Threads for work that would hold up others, such as RSA.' }),
  unauthenticated_max_size: option.number({
    salt: false,
    default: 102400,
    least: 4096,
    doc: 'Bytes a peer that has not proved who it is may send at once.',
  }),
  request_max_size: option.number({ salt: false, default: 134217728, least: 65536, doc: 'Bytes an accepted minion may send at once.' }),
  max_connections: option.number({ salt: false, default: 50000, least: 1, doc: 'Connections served at the same time.' }),
  heartbeat_timeout: option.number({
    salt: false,
    default: 90,
    least: 1,
    doc: 'Seconds of silence after which a minion that sends heartbeats counts as offline.',
  }),
};

const identity = {
  id: option.string({ default: '', doc: "The master's name; made of the host name and _master when empty." }),
  master_id: option.string({ default: null, doc: 'Sent with each job, so that a minion of several masters can tell them apart.' }),
  append_domain: option.string({ default: null, doc: 'Added to an id that lacks it.' }),
  key_pass: option.string({ default: null, secret: true, doc: "Passphrase of the master's private key." }),
  signing_key_pass: option.string({ default: null, secret: true, doc: 'Passphrase of the signing key.' }),
  keysize: option.number({ default: 2048, least: 2048, most: 16384, doc: 'Bits of a new RSA key.' }),
  master_sign_pubkey: option.boolean({ default: false, doc: "Sign the master's public key with the signing key." }),
  master_sign_key_name: option.string({ default: 'master_sign', doc: 'File name of the signing key.' }),
  suites: option.list({
    salt: false,
    default: ['native', 'salt'],
    doc: 'The protocols spoken: native for our minions, salt for those of Salt.',
  }),
};

const keys = {
  open_mode: option.boolean({ default: false, doc: 'Accept every key, also a changed one: for tests alone.' }),
  auto_accept: option.boolean({ default: false, doc: 'Accept every new key.' }),
  autosign_file: option.path({ default: null, doc: 'Ids or patterns, one a line, whose new keys are accepted.' }),
  autoreject_file: option.path({ default: null, doc: 'Ids or patterns, one a line, whose new keys are rejected.' }),
  autosign_timeout: option.number({ default: 120, least: 0, doc: 'Minutes for which a file in minions_autosign accepts its key.' }),
  autosign_grains_dir: option.path({
    default: null,
    doc: 'A directory with a file for each grain, whose lines are values that accept a key.',
  }),
  max_minions: option.number({ default: 0, least: 0, doc: 'Most minions connected; 0 means no limit.' }),
  pending_keys_max: option.number({
    salt: false,
    default: 10000,
    least: 1,
    doc: 'Most keys waiting for acceptance; the oldest make room.',
  }),
  pending_keys_per_minute: option.number({
    salt: false,
    default: 6000,
    least: 1,
    doc: 'New keys taken in within a minute; more are refused until the next.',
  }),
  enrolment_tokens: option.boolean({ salt: false, default: true, doc: 'Accept a key at once that shows a valid enrolment token.' }),
  enrol_package: option.string({
    salt: false,
    default: `tsalt@${VERSION}`,
    doc: 'What npm installs on a new machine that has no tsalt-minion: a name with a version, or the address of a package.',
  }),
  enrolment_token_ttl: option.number({
    salt: false,
    default: 86400,
    least: 1,
    doc: 'Seconds a new enrolment token is good for, unless it says otherwise.',
  }),
  legacy_minion_ids: option.boolean({ salt: false, default: false, doc: 'Take ids with characters beside A-Z a-z 0-9 . _ @ and -.' }),
  allow_minion_key_revoke: option.boolean({ default: true, doc: 'Let a minion delete its own key.' }),
  preserve_minion_cache: option.boolean({ default: false, doc: 'Keep the cached data of a minion whose key is deleted.' }),
  auth_events: option.boolean({ default: true, doc: 'Fire an event at each authentication.' }),
};

const wire = {
  minimum_auth_version: option.number({
    default: 3,
    least: 0,
    doc: 'Oldest authentication of Salt minions that is served; 2 admits those before 3007.',
  }),
  rotate_aes_key: option.boolean({ default: true, doc: 'Make a new publication key when a key is deleted or rejected.' }),
  publish_session: option.number({ default: 86400, least: 60, doc: 'Seconds after which the publication key is changed.' }),
  ping_on_rotate: option.boolean({ default: false, doc: 'Ping all minions after a change of the publication key.' }),
  request_server_ttl: option.number({ default: 0, least: 0, doc: 'Seconds a request of a Salt minion stays valid; 0 uses replay_window.' }),
  replay_window: option.number({
    salt: false,
    default: 120,
    least: 1,
    doc: 'Seconds within which a request must arrive, and for which repeats are remembered.',
  }),
  sign_pub_messages: option.boolean({ default: true, doc: 'Sign publications.' }),
  publish_signing_algorithm: option.choice({
    choices: ['PKCS1v15-SHA1', 'PKCS1v15-SHA224'],
    default: 'PKCS1v15-SHA1',
    doc: 'How publications are signed.',
  }),
  require_minion_sign_messages: option.boolean({ default: false, doc: 'Refuse returns that are not signed.' }),
  drop_messages_signature_fail: option.boolean({ default: false, doc: 'Refuse returns whose signature is wrong.' }),
};

const jobs = {
  timeout: option.number({ default: 5, least: 0, doc: 'Seconds after which silent minions are asked about a job.' }),
  gather_job_timeout: option.number({ default: 10, least: 0, doc: 'Seconds a minion has to say whether it still runs a job.' }),
  publish_timeout: option.number({ default: 30, least: 1, doc: 'Seconds the command line waits for the master to publish.' }),
  job_cache: option.boolean({ default: true, doc: 'Keep jobs and returns; off, nothing is written.' }),
  keep_jobs: option.number({ default: 24, least: 0, doc: 'Hours jobs are kept; keep_jobs_seconds takes its place.' }),
  keep_jobs_seconds: option.number({ default: 86400, least: 0, doc: 'Seconds jobs are kept; 0 keeps them for ever.' }),
  keep_jobs_rows: option.number({ salt: false, default: 0, least: 0, doc: 'Most returns kept, the oldest go first; 0 means no limit.' }),
  keep_jobs_bytes: option.number({
    salt: false,
    default: 0,
    least: 0,
    doc: 'Most bytes of jobs kept, the oldest go first; 0 means no limit.',
  }),
  retention: option.map({
    salt: false,
    default: {},
    doc: 'Retention classes that schedules may name: a map of name to seconds, rows and bytes.',
  }),
  ext_job_cache: option.string({ default: '', doc: 'A returner to which minions hand the results of all jobs, beside the master.' }),
  master_job_cache: option.string({ default: 'local_cache', doc: 'Which job store is used; local_cache is the built-in one.' }),
  job_cache_store_endtime: option.boolean({ default: false, doc: 'Keep the time at which a job ended.' }),
  unique_jid: option.boolean({ default: false, doc: 'Add the process id to job ids.' }),
  minion_data_cache: option.boolean({ default: true, doc: "Keep minions' grains and pillar, for targeting." }),
  minion_data_cache_events: option.boolean({ default: true, doc: "Fire an event when a minion's cached data change." }),
  presence_events: option.boolean({ default: false, doc: 'Fire events about which minions are connected.' }),
  loop_interval: option.number({ default: 60, least: 1, doc: 'Seconds between rounds of upkeep.' }),
  event_return: option.list({ default: [], single: true, doc: 'Returners that get every event.' }),
  event_return_queue: option.number({ default: 0, least: 0, doc: 'Events that are handed to them at one time; 0 and 1 hand over each.' }),
  event_return_queue_max_seconds: option.number({
    default: 0,
    least: 0,
    doc: 'Seconds after which fewer are handed over; 0 waits for the full number.',
  }),
  event_return_whitelist: option.list({ default: [], doc: 'If given, only events whose tags match one of these patterns.' }),
  event_return_blacklist: option.list({ default: [], doc: 'Patterns of tags of events that they do not get.' }),
  reactor: option.any({
    default: [],
    doc: 'Which SLS files answer which events: a list of glob of tags to files, or a YAML file with it.',
  }),
  reactor_worker_threads: option.number({ default: 10, least: 1, doc: 'Runners and wheels of the reactor that run at one time.' }),
  reactor_worker_hwm: option.number({ default: 10000, least: 1, doc: 'Events waiting for the reactor that are worth a warning.' }),
  reactor_refresh_interval: option.number({ default: 60, least: 0, doc: 'Accepted for compatibility: nothing is kept that could be old.' }),
  schedule: option.map({ default: {}, doc: 'What the master runs by itself, and when.' }),
  plan_ttl: option.number({ salt: false, default: 86400, least: 0, doc: 'Seconds a plan may be applied; 0 is for ever.' }),
  keep_plans: option.number({ salt: false, default: 2592000, least: 0, doc: 'Seconds plans are kept; 0 keeps them for ever.' }),
  drift: option.map({
    salt: false,
    default: {},
    doc: 'Whose drift is measured, and when: a map of name to tgt, tgt_type, mods, kwargs and the times of a schedule.',
  }),
  metrics_functions: option.list({
    salt: false,
    default: ['vitals.*', 'metrics.*'],
    doc: 'Functions (globs) whose returns are values to be charted, under the name of their module.',
  }),
  metrics_keep_raw: option.number({ salt: false, default: 21600, least: 600, doc: 'Seconds metrics are kept as they came.' }),
  metrics_keep_five_minutes: option.number({
    salt: false,
    default: 1209600,
    least: 7200,
    doc: 'Seconds means, least and most of metrics over 5 minutes are kept.',
  }),
  metrics_keep_hours: option.number({
    salt: false,
    default: 34560000,
    least: 7200,
    doc: 'Seconds means, least and most of metrics over an hour are kept.',
  }),
  metrics_per_minion: option.number({
    salt: false,
    default: 200,
    least: 1,
    most: 2000,
    doc: 'Values taken of one minion at a time; the first of more.',
  }),
  metrics_series: option.number({ salt: false, default: 200000, least: 1, doc: 'Series (a metric of a minion) taken in all.' }),
  alert_minion_down: option.number({
    salt: false,
    default: 300,
    least: 0,
    doc: 'Seconds after which alert channels are told of a minion that is away; 0: never.',
  }),
  keep_routine_runs: option.number({
    salt: false,
    default: 500,
    least: 1,
    most: 100000,
    doc: 'Runs of each routine that are kept, the newest.',
  }),
  keep_drift: option.number({
    salt: false,
    default: 7776000,
    least: 0,
    doc: 'Seconds the scores of drift are kept; 0 keeps them for ever.',
  }),
};

const orchestration = {
  orchestrate_resume: option.choice({
    salt: false,
    choices: ['auto', 'manual', 'off'],
    default: 'auto',
    doc: 'What becomes of orchestrations that ran when the master stopped: they go on at its start, or by orchestrate.resume, or not at all.',
  }),
};

const access = {
  publisher_acl: option.map({ default: {}, doc: 'Which system accounts may publish which functions.' }),
  publisher_acl_blacklist: option.map({ default: {}, doc: 'Users and modules that may never publish.' }),
  client_acl_verify: option.boolean({ default: true, doc: 'Check publisher_acl.' }),
  sudo_acl: option.boolean({ default: false, doc: 'Apply publisher_acl to users who came by sudo.' }),
  external_auth: option.map({ default: {}, doc: 'Which outside accounts may run what, by authentication method.' }),
  sharedsecret: option.string({ default: null, secret: true, doc: 'The one password of the eauth sharedsecret; unset lets nobody in.' }),
  permissive_acl: option.boolean({ default: false, doc: 'Give what external_auth has under * also to those whom another entry names.' }),
  keep_acl_in_token: option.boolean({
    default: false,
    doc: 'Keep the permissions of the login with its token; later changes do not reach it.',
  }),
  token_expire_user_override: option.any({
    default: false,
    doc: 'Who may choose how long his token is good for: True for all, or a map of eauth to user names.',
  }),
  roles: option.map({
    salt: false,
    default: {},
    doc: 'Roles of persons: a map of name to permissions (as in external_auth), groups of minions, and members such as file:alice or ldap:admins%.',
  }),
  eauth_acl_module: option.string({
    default: '',
    doc: 'The eauth whose service says what users may do (rest); empty: the one they log in by.',
  }),
  login_failures: option.number({
    salt: false,
    default: 5,
    least: 1,
    doc: 'Failed logins of an account from an address after which it has to wait; four times as many for an address, ten times for an account.',
  }),
  login_lockout: option.number({
    salt: false,
    default: 300,
    least: 1,
    doc: 'Seconds it has to wait, and within which failures are counted.',
  }),
  token_expire: option.number({ default: 43200, least: 1, doc: 'Seconds a login token is good for.' }),
  token_dir: option.path({ default: '/var/cache/salt/master/tokens', doc: 'Where login tokens are kept.' }),
  peer: option.map({ default: {}, doc: 'Which minions may run which functions on other minions.' }),
  peer_run: option.map({ default: {}, doc: 'Which minions may run which runners.' }),
  plugins_builtin: option.boolean({
    default: false,
    doc: 'Offer the plugins that ship with tsalt (services, disk usage, package updates). A folder _plugins/<name> of the file roots goes before them.',
  }),
  keep_plugin_results: option.number({ default: 100, least: 1, doc: 'How many results of each plugin are kept for each minion.' }),
  nodegroups: option.any({ default: {}, doc: 'Named compound targets, which may name one another.' }),
  audit_log: option.path({ salt: false, default: null, doc: 'The append-only record of who did what; unset: audit.db in cachedir.' }),
  keep_audit: option.number({ salt: false, default: 31536000, least: 0, doc: 'Seconds it is kept; 0 keeps it for ever.' }),
  minion_event_tags: option.list({
    salt: false,
    default: ['*'],
    doc: 'Patterns of tags under which minions may fire events, beside those that name them; those below salt/ need a pattern that begins so.',
  }),
  mine_get: option.any({ default: null, doc: 'Which minions may read which functions of the mine; unset means all of them.' }),
};

const web = {
  rest_cherrypy: option.map({ default: {}, doc: 'The HTTP server of salt-api; its options are in the guide to the API.' }),
  netapi_enable_clients: option.list({
    default: [],
    doc: 'The kinds of call the API takes, such as local and runner; those that are not listed are refused.',
  }),
  netapi_allow_raw_shell: option.boolean({ default: false, doc: 'Accepted for compatibility: there is no ssh client.' }),
  api_in_master: option.boolean({ salt: false, default: false, doc: 'Serve the API and the console in the process of the master.' }),
  api_logfile: option.path({ default: '/var/log/salt/api', doc: 'The log of the API where it is a process of its own.' }),
  api_pidfile: option.path({ default: '/var/run/salt-api.pid', doc: 'Holds its process id while it runs.' }),
};

const pillar = {
  pillar_version: option.number({ default: 2, least: 1, most: 2, doc: 'How pillar is sealed for Salt minions.' }),
  pillar_safe_render_error: option.boolean({ default: true, doc: 'Hide the reason of a pillar error from minions.' }),
  pillar_cache: option.boolean({ default: false, doc: 'Keep rendered pillar.' }),
  pillar_cache_ttl: option.number({ default: 3600, least: 0, doc: 'Seconds for which rendered pillar is kept.' }),
  fileserver_symlink_targets: option.list({ salt: false, default: [], doc: 'Directories outside file_roots that links may lead to.' }),
  runner_dirs: option.list({ default: [], doc: 'Further directories with runners.' }),
  fileserver_interval: option.number({ default: 3600, least: 1, doc: 'Seconds between refreshes of the file server.' }),
  master_tops: option.map({ default: {}, doc: 'Further sources of top files.' }),
};

const display = {
  cli_summary: option.boolean({ default: false, doc: 'End each command with a summary.' }),
  output: option.string({ default: null, doc: 'How results are shown when neither the function nor the command says.' }),
  color: option.boolean({ default: true, doc: 'Colours on a terminal.' }),
  show_timeout: option.boolean({ default: true, doc: 'Show minions that did not return.' }),
  show_jid: option.boolean({ default: false, doc: 'Show the job id.' }),
  strict_exit: option.boolean({ salt: false, default: false, doc: 'Exit codes that always tell failure, where those of Salt do not.' }),
};

/** Every option of the master. Names and defaults are those of Salt where `salt` is true. */
export const masterOptions = defineOptions({
  ...placeOptions('master'),
  ...network,
  ...identity,
  ...keys,
  ...wire,
  ...jobs,
  ...orchestration,
  ...access,
  ...web,
  ...fileOptions({ buffer: 1048576, chunk: 98304 }),
  ...gitfsOptions,
  ...pillar,
  ...extPillarOptions,
  ...stateOptions,
  ...display,
  ...logOptions('master'),
});

export type MasterConfig = ConfigOf<typeof masterOptions>;

/** The master's configuration in a directory. @throws BadConfig */
export const loadMasterConfig = (request: Omit<LoadRequest, 'file'>): Loaded<typeof masterOptions> =>
  loadConfig(masterOptions, { ...request, file: 'master' });

/** The master's id: as configured, else this host's with `_master`. Asks the system, so only daemons call it. */
export function masterIdOf(config: MasterConfig, configDir: string): string {
  const rules = {
    minion_id_caching: true,
    minion_id_lowercase: false,
    minion_id_remove_domain: false,
    append_domain: config.append_domain,
  };
  return config.id === '' ? `${guessId(configDir, rules)}_master` : config.id;
}
