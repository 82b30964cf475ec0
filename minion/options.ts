import { extPillarOptions, fileOptions, logOptions, placeOptions, socketOptions, stateOptions } from '../kernel/config/daemon_options.ts';
import { guessId, withDomain } from '../kernel/config/identity.ts';
import { type Loaded, type LoadRequest, loadConfig } from '../kernel/config/load.ts';
import { defineOptions, option } from '../kernel/config/option.ts';

const masters = {
  master: option.list({ default: ['salt'], single: true, doc: 'The master: a name or address with or without a port, or a list of them.' }),
  master_port: option.number({ default: 4506, least: 1, most: 65535, doc: "The master's port for requests." }),
  publish_port: option.number({ default: 4505, least: 1, most: 65535, doc: 'The port for jobs, where the master does not tell it.' }),
  master_type: option.choice({
    choices: ['str', 'failover', 'disable', 'distributed'],
    default: 'str',
    doc: 'How several masters are used: all at once (str), or one after another (failover).',
  }),
  master_uri_format: option.choice({ choices: ['default', 'ip_only'], default: 'default', doc: 'Whether master may hold a port.' }),
  random_master: option.boolean({ default: false, doc: 'Take several masters in random order.' }),
  master_tries: option.number({ default: -1, least: -1, doc: 'Rounds over the list of masters before giving up; -1 never does.' }),
  master_failback: option.boolean({ default: false, doc: 'Go back to the first master when it returns.' }),
  master_failback_interval: option.number({ default: 0, least: 0, doc: 'Seconds between looks whether the first master is back.' }),
  master_alive_interval: option.number({
    default: 0,
    least: 0,
    doc: 'Seconds between looks whether the master is there; 0 leaves it to the heartbeat.',
  }),
  heartbeat_interval: option.number({ salt: false, default: 15, least: 1, doc: 'Seconds between signs of life to the master.' }),
  ping_interval: option.number({ default: 0, least: 0, doc: 'Minutes between pings of the master; 0 sends none.' }),
  suite: option.choice({
    salt: false,
    choices: ['auto', 'native', 'salt'],
    default: 'auto',
    doc: 'The protocol spoken: native, salt (as masters of Salt do), or native where the master speaks it (auto).',
  }),
  retry_dns: option.number({ default: 30, least: 0, doc: "Seconds between tries to resolve the master's name." }),
  retry_dns_count: option.number({ default: null, least: 0, doc: 'Tries before giving up; unset goes on for ever.' }),
  ...socketOptions,
  source_interface_name: option.string({ default: '', doc: 'The network card to connect from.' }),
  source_address: option.string({ default: '', doc: 'The address to connect from.' }),
  source_ret_port: option.number({ default: 0, least: 0, most: 65535, doc: 'The local port of the request connection; 0 is any.' }),
  source_publish_port: option.number({ default: 0, least: 0, most: 65535, doc: 'The local port of the publication connection; 0 is any.' }),
  recon_default: option.number({ default: 1000, least: 1, doc: 'Milliseconds before the first reconnect.' }),
  recon_max: option.number({ default: 10000, least: 1, doc: 'Milliseconds that are added at most while tries fail.' }),
  recon_randomize: option.boolean({ default: true, doc: 'Spread reconnects, so that a fleet does not return in one moment.' }),
};

const identity = {
  id: option.string({ default: '', doc: "The minion's id; from minion_id or the host's name when empty." }),
  minion_id_caching: option.boolean({ default: true, doc: 'Keep a guessed id in the file minion_id.' }),
  minion_id_lowercase: option.boolean({ default: false, doc: 'Write a guessed id in small letters.' }),
  minion_id_remove_domain: option.any({ default: false, doc: 'Cut a guessed id at the first dot (True), or cut this domain.' }),
  append_domain: option.string({ default: null, doc: 'Added to an id that lacks it.' }),
  keysize: option.number({ default: 2048, least: 2048, most: 16384, doc: 'Bits of a new RSA key.' }),
  master_finger: option.string({ default: '', doc: "The fingerprint the master's key must have." }),
  verify_master_pubkey_sign: option.boolean({ default: false, doc: "Believe a master's key only with a signature." }),
  master_sign_key_name: option.string({ default: 'master_sign', doc: 'File name of the key by which such signatures are checked.' }),
  always_verify_signature: option.boolean({ default: false, doc: 'Check that signature at each authentication.' }),
  sign_pub_messages: option.boolean({
    default: false,
    doc: 'Refuse publications without a signature, also from masters that do not sign by themselves.',
  }),
  minion_sign_messages: option.boolean({ default: false, doc: 'Sign returns.' }),
  open_mode: option.boolean({ default: false, doc: "Take a changed master's key: for tests alone." }),
  encryption_algorithm: option.choice({
    choices: ['OAEP-SHA1', 'OAEP-SHA224'],
    default: 'OAEP-SHA1',
    doc: 'How keys travel in the salt protocol.',
  }),
  signing_algorithm: option.choice({
    choices: ['PKCS1v15-SHA1', 'PKCS1v15-SHA224'],
    default: 'PKCS1v15-SHA1',
    doc: 'How the minion signs in the salt protocol.',
  }),
  enrolment_token: option.string({
    salt: false,
    default: null,
    secret: true,
    doc: 'One line from tsalt-key --token: pins the master and gets this minion accepted, once.',
  }),
  autosign_grains: option.list({ default: [], doc: 'Grains shown to the master at enrolment.' }),
};

const enrolment = {
  acceptance_wait_time: option.number({ default: 10, least: 0, doc: 'Seconds between tries while the key waits for acceptance.' }),
  acceptance_wait_time_max: option.number({ default: 0, least: 0, doc: 'Seconds up to which that time grows; 0 keeps it.' }),
  rejected_retry: option.boolean({ default: false, doc: 'Go on trying after the key was rejected, instead of ending.' }),
  auth_timeout: option.number({ default: 5, least: 1, doc: 'Seconds the master has to answer an authentication.' }),
  auth_tries: option.number({ default: 7, least: 1, doc: 'Tries of an authentication that gets no answer.' }),
  auth_safemode: option.boolean({ default: false, doc: 'Go on trying after these.' }),
  random_reauth_delay: option.number({ default: 10, least: 0, doc: 'Most seconds to wait before authenticating anew.' }),
  random_startup_delay: option.number({ default: 0, least: 0, doc: 'Most seconds to wait at start.' }),
  request_channel_timeout: option.number({ default: 60, least: 1, doc: 'Seconds the master has to answer a request.' }),
  request_channel_tries: option.number({ default: 3, least: 1, doc: 'Tries of a request.' }),
};

const running = {
  multiprocessing: option.boolean({ default: true, doc: 'Run jobs beside one another.' }),
  process_count_max: option.number({ default: -1, least: -1, doc: 'Most jobs at once; further ones wait; -1 means no limit.' }),
  minion_jid_queue_hwm: option.number({ default: 100, least: 1, doc: 'Job ids remembered, so that none runs twice.' }),
  return_retry_timer: option.number({ default: 5, least: 1, doc: 'Least seconds before a return is sent anew.' }),
  return_retry_timer_max: option.number({ default: 10, least: 1, doc: 'Most seconds before a return is sent anew.' }),
  return_retry_tries: option.number({ default: 3, least: 1, doc: 'Tries of a return before it is left to the spool.' }),
  return_max_size: option.number({
    salt: false,
    default: 104857600,
    least: 1024,
    doc: "Bytes of the largest return; a larger one comes back as an error. Keep it below the master's request_max_size.",
  }),
  return_spool_bytes: option.number({
    salt: false,
    default: 268435456,
    least: 0,
    doc: 'Bytes of returns kept on disk while the master is away.',
  }),
  return_spool_age: option.number({
    salt: false,
    default: 604800,
    least: 1,
    doc: 'Seconds after which a return that was not delivered is dropped.',
  }),
  pub_ret: option.boolean({ default: true, doc: 'Send returns to the master.' }),
  multifunc_ordered: option.boolean({ default: false, doc: 'Return several functions as a list in their order, instead of a map.' }),
  sudo_user: option.string({ default: '', doc: 'Run jobs as this user by sudo.' }),
  disable_modules: option.list({ default: [], doc: 'Execution modules that are not offered.' }),
  whitelist_modules: option.list({ default: [], doc: 'If given, only these execution modules are offered.' }),
  return: option.list({ default: [], single: true, doc: 'Returners that get the result of every job, beside the master.' }),
  disable_returners: option.list({ default: [], doc: 'Returners that are not offered.' }),
  returner_buffer: option.number({
    salt: false,
    default: 10000,
    least: 1,
    doc: 'Results that wait in memory for a returner that is away; beyond it the oldest are dropped.',
  }),
  returner_timeout: option.number({ salt: false, default: 60, least: 1, doc: 'Seconds a returner may take before it is broken off.' }),
  providers: option.map({ default: {}, doc: 'Which module serves a virtual name, such as pkg.' }),
  cmd_safe: option.boolean({ default: true, doc: 'Run commands through a shell only where asked.' }),
  cmd_blacklist_glob: option.list({ default: [], doc: 'Patterns of functions that are refused.' }),
  cmd_whitelist_glob: option.list({ default: [], doc: 'If given, only functions that match one of these patterns are run.' }),
  clean_dynamic_modules: option.boolean({ default: true, doc: 'Delete synchronised modules that the master no longer has.' }),
  autoload_dynamic_modules: option.boolean({ default: true, doc: 'Synchronise modules before a state run.' }),
  extmod_whitelist: option.map({ default: {}, doc: 'Modules that may be synchronised, by type.' }),
  extmod_blacklist: option.map({ default: {}, doc: 'Modules that may not be synchronised, by type.' }),
  python_interpreter: option.string({
    salt: false,
    default: 'python3',
    doc: 'The program that runs modules in Python: a name, or a path.',
  }),
  python_fallback: option.boolean({
    salt: false,
    default: false,
    doc: "Run Salt's own execution modules for functions that are not here, where that python3 can import salt.",
  }),
  modules_memory_max: option.number({
    salt: false,
    default: 1024,
    least: 0,
    doc: 'MiB of memory that the process of one synchronised module may take; 0 sets no bound.',
  }),
  modules_signing_keys: option.list({
    salt: false,
    default: [],
    doc: "Files of the public keys whose signature counts for synchronised modules; the master's key when there is none.",
  }),
  modules_require_signature: option.boolean({ salt: false, default: false, doc: 'Refuse synchronised modules that are not signed.' }),
};

const data = {
  grains: option.map({ default: {}, doc: 'Grains set by hand.' }),
  grains_cache: option.boolean({ default: false, doc: 'Keep grains on disk and start with them.' }),
  grains_cache_expiration: option.number({ default: 300, least: 0, doc: 'Seconds for which they are good.' }),
  grains_blacklist: option.list({ default: [], doc: 'Patterns of grains that are left out.' }),
  grains_deep_merge: option.boolean({ default: false, doc: 'Join maps of custom grains instead of replacing them.' }),
  grains_refresh_every: option.number({ default: 0, least: 0, doc: 'Minutes between refreshes of the grains; 0 means only when asked.' }),
  start_event_grains: option.list({ default: [], doc: 'Grains sent with the start event.' }),
  mine_enabled: option.boolean({ default: true, doc: 'Send mine data.' }),
  mine_functions: option.any({ default: {}, doc: 'Functions whose results others may ask the master for.' }),
  mine_interval: option.number({ default: 60, least: 1, doc: 'Minutes between their runs.' }),
  mine_return_job: option.boolean({ default: false, doc: 'Show these runs in the job cache.' }),
  file_client: option.choice({
    choices: ['remote', 'local'],
    default: 'remote',
    doc: 'Where files and pillar come from: the master or this machine.',
  }),
  use_master_when_local: option.boolean({ default: false, doc: 'Connect to a master even with local files.' }),
  schedule: option.map({ default: {}, doc: 'What the minion runs by itself, and when.' }),
  schedule_returner: option.any({ default: null, doc: 'Returners, by name, that get the result of every scheduled job.' }),
  scheduler_before_connect: option.boolean({ default: false, doc: 'Run scheduled jobs before a master is joined.' }),
  loop_interval: option.number({ default: 1, least: 0.1, doc: 'Seconds between two looks at what beacons watch.' }),
  beacons: option.map({ default: {}, doc: 'What the minion watches and reports.' }),
  startup_states: option.choice({ choices: ['', 'highstate', 'sls', 'top'], default: '', doc: 'States to run at start.' }),
  sls_list: option.list({ default: [], doc: 'The states of startup_states: sls.' }),
  top_file: option.string({ default: '', doc: 'The top file of startup_states: top.' }),
  state_aggregate: option.any({
    default: false,
    doc: 'Take states that can be done together into one: true, or a list of modules (`[pkg]`).',
  }),
  state_queue: option.any({ default: false, doc: 'Let state runs wait for one another; a number limits how many wait.' }),
  backup_mode: option.choice({ choices: ['', 'minion', 'master', 'both'], default: '', doc: 'Keep a copy of files that states replace.' }),
  lock_saltenv: option.boolean({ default: false, doc: 'Refuse another environment than saltenv.' }),
  pillarenv_from_saltenv: option.boolean({ default: false, doc: 'Take pillar from the environment of the states.' }),
  enable_legacy_startup_events: option.boolean({ default: true, doc: 'Fire minion_start beside salt/minion/ID/start.' }),
};

/** Every option of the minion. Names and defaults are those of Salt where `salt` is true. */
export const minionOptions = defineOptions({
  ...placeOptions('minion'),
  ...masters,
  ...identity,
  ...enrolment,
  ...running,
  ...data,
  ...fileOptions({ buffer: 262144, chunk: 65536 }),
  ...extPillarOptions,
  nodegroups: option.any({ default: {}, doc: 'Named compound targets, for pillar compiled here.' }),
  ...stateOptions,
  ...logOptions('minion'),
});

/** The minion's configuration in a directory, its `id` found out. @throws BadConfig */
export function loadMinionConfig(request: Omit<LoadRequest, 'file'>): Loaded<typeof minionOptions> & { readonly idWasGuessed: boolean } {
  const loaded = loadConfig(minionOptions, { ...request, file: 'minion' });
  const { config } = loaded;
  const idWasGuessed = config.id === '';
  const id = idWasGuessed ? guessId(request.configDir, config) : withDomain(config.id, config.append_domain);
  return { ...loaded, config: Object.freeze({ ...config, id }), idWasGuessed };
}
