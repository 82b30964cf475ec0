import { CallRefused, CommandFailed, type Returnable } from '../../define.ts';
import { exposed, published } from './ports.ts';
import {
  asIs,
  bytes,
  checkAddress,
  command,
  labels,
  map,
  pairList,
  pairs,
  parts,
  type Reader,
  text,
  truth,
  whole,
  words,
} from './readers.ts';
import { type Fields, fields, holds, isFields, isList, splitInput } from './values.ts';

/** Other names that options go by. */
const ALIASES: Readonly<Record<string, string>> = {
  cmd: 'command',
  cpuset: 'cpuset_cpus',
  dns_option: 'dns_opt',
  env: 'environment',
  expose: 'ports',
  interactive: 'stdin_open',
  ipc: 'ipc_mode',
  label: 'labels',
  memory: 'mem_limit',
  memory_swap: 'memswap_limit',
  publish: 'port_bindings',
  publish_all: 'publish_all_ports',
  restart: 'restart_policy',
  rm: 'auto_remove',
  sysctl: 'sysctls',
  security_opts: 'security_opt',
  ulimit: 'ulimits',
  user_ns_mode: 'userns_mode',
  volume: 'volumes',
  workdir: 'working_dir',
};

const user: Reader = (value) => {
  if (typeof value !== 'number' && typeof value !== 'string') throw new CallRefused('Value must be a username or uid');
  if (Number(value) < 0) throw new CallRefused(`'${value}' is an invalid uid`);
  return String(value);
};
const absolute = (path: string): string => {
  if (!path.startsWith('/')) throw new CallRefused(`'${path}' is not an absolute path`);
  return path;
};
const set = (keys: readonly string[]): Fields => Object.fromEntries(keys.map((key) => [key, {}]));
const binds: Reader = (value) => {
  if (!isFields(value)) return words(value);
  return Object.entries(value).map(([path, to]) => {
    const { bind, ro, mode = ro === undefined ? 'rw' : ro === true ? 'ro' : 'rw' } = isFields(to) ? to : { bind: to };
    return [path, bind, mode].map(String).join(':');
  });
};
const restart: Reader = (value) => {
  const [policy, ...more] = parts(['Name', 'MaximumRetryCount'], '0')(isFields(value) ? [value] : value);
  if (policy === undefined || more.length > 0) throw new CallRefused('Only one policy is permitted');
  const count = Number(policy['MaximumRetryCount'] ?? 0);
  if (Number.isNaN(count)) throw new CallRefused(`Retry count '${String(policy['MaximumRetryCount'])}' is non-numeric`);
  return { ...policy, MaximumRetryCount: count };
};
const ulimits: Reader = (value) =>
  (isList(value) ? value : words(value)).map((item) => {
    if (isFields(item)) return item;
    const [, name, soft = '', hard = soft] = /^([^=]+)=([^:]*)(?::(.*))?$/.exec(String(item)) ?? [];
    if (name === undefined) throw new CallRefused(`Ulimit definition '${String(item)}' is not in the format type=soft_limit[:hard_limit]`);
    if (!/^-?\d+$/.test(soft.trim()) || !/^-?\d+$/.test(hard.trim()))
      throw new CallRefused(`Limit '${String(item)}' contains non-numeric value(s)`);
    return { Name: name.trim(), Soft: Number(soft), Hard: Number(hard) };
  });
/** Rates of devices: bytes a second (such as 1mb), or operations a second. */
const rates =
  (unit: Reader): Reader =>
  (value) =>
    parts(['Path', 'Rate'])(value).map(({ Path: path, Rate: rate }) => {
      if (!String(path).startsWith('/')) throw new CallRefused(`Path '${String(path)}' is not absolute`);
      return { Path: String(path), Rate: unit(rate ?? 0) };
    });
const weights: Reader = (value) =>
  parts(['Path', 'Weight'])(value).map(({ Path: path, Weight: weight }) => ({ Path: String(path), Weight: whole(weight ?? 0) }));
const devices: Reader = (value) =>
  (isList(value) ? value : words(value)).map((item) => {
    if (isFields(item)) return item;
    const [host = '', inside = host, rights = 'rwm'] = String(item).split(':');
    return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: rights };
  });
const links: Reader = (value) => Object.entries(pairs(':')(value)).map(([container, alias]) => `${container}:${String(alias)}`);
const textMap =
  (reader: (value: Returnable) => Fields): Reader =>
  (value) =>
    Object.fromEntries(Object.entries(reader(value)).map(([key, one]) => [key, String(one)]));

/** Options that the body of a new container has at its top: the engine's key, and how the value is read. */
const CONTAINER: Readonly<Record<string, readonly [string, Reader]>> = {
  command: ['Cmd', command],
  domainname: ['Domainname', text],
  entrypoint: ['Entrypoint', command],
  environment: ['Env', pairList('=')],
  healthcheck: ['Healthcheck', asIs],
  hostname: ['Hostname', text],
  labels: ['Labels', labels],
  mac_address: ['MacAddress', text],
  network_disabled: ['NetworkDisabled', truth],
  ports: ['ExposedPorts', (value) => set(exposed(value))],
  stdin_open: ['OpenStdin', truth],
  stop_signal: ['StopSignal', text],
  stop_timeout: ['StopTimeout', whole],
  tty: ['Tty', truth],
  user: ['User', user],
  volumes: ['Volumes', (value) => set(words(value).map(absolute))],
  working_dir: ['WorkingDir', (value) => absolute(String(value))],
};

/** Options of its `HostConfig`. */
const HOST: Readonly<Record<string, readonly [string, Reader]>> = {
  auto_remove: ['AutoRemove', truth],
  binds: ['Binds', binds],
  blkio_weight: ['BlkioWeight', whole],
  blkio_weight_device: ['BlkioWeightDevice', weights],
  cap_add: ['CapAdd', words],
  cap_drop: ['CapDrop', words],
  cgroup_parent: ['CgroupParent', text],
  cgroupns: ['CgroupnsMode', text],
  cpu_count: ['CpuCount', whole],
  cpu_percent: ['CpuPercent', whole],
  cpu_period: ['CpuPeriod', whole],
  cpu_quota: ['CpuQuota', whole],
  cpu_rt_period: ['CPURealtimePeriod', whole],
  cpu_rt_runtime: ['CPURealtimeRuntime', whole],
  cpu_shares: ['CpuShares', whole],
  cpuset_cpus: ['CpusetCpus', text],
  cpuset_mems: ['CpusetMems', text],
  device_cgroup_rules: ['DeviceCgroupRules', words],
  device_read_bps: ['BlkioDeviceReadBps', rates(bytes)],
  device_read_iops: ['BlkioDeviceReadIOps', rates(whole)],
  device_requests: ['DeviceRequests', asIs],
  device_write_bps: ['BlkioDeviceWriteBps', rates(bytes)],
  device_write_iops: ['BlkioDeviceWriteIOps', rates(whole)],
  devices: ['Devices', devices],
  dns: ['Dns', words],
  dns_opt: ['DnsOptions', words],
  dns_search: ['DnsSearch', words],
  extra_hosts: ['ExtraHosts', pairList(':')],
  group_add: ['GroupAdd', words],
  init: ['Init', truth],
  ipc_mode: ['IpcMode', text],
  isolation: ['Isolation', text],
  kernel_memory: ['KernelMemory', bytes],
  links: ['Links', links],
  log_config: ['LogConfig', map],
  mem_limit: ['Memory', bytes],
  mem_reservation: ['MemoryReservation', bytes],
  mem_swappiness: ['MemorySwappiness', whole],
  memswap_limit: ['MemorySwap', bytes],
  mounts: ['Mounts', asIs],
  nano_cpus: ['NanoCpus', whole],
  network_mode: ['NetworkMode', text],
  oom_kill_disable: ['OomKillDisable', truth],
  oom_score_adj: ['OomScoreAdj', whole],
  pid_mode: ['PidMode', text],
  pids_limit: ['PidsLimit', whole],
  privileged: ['Privileged', truth],
  publish_all_ports: ['PublishAllPorts', truth],
  read_only: ['ReadonlyRootfs', truth],
  restart_policy: ['RestartPolicy', restart],
  runtime: ['Runtime', text],
  security_opt: ['SecurityOpt', words],
  shm_size: ['ShmSize', bytes],
  storage_opt: ['StorageOpt', textMap(pairs('='))],
  sysctls: ['Sysctls', textMap(pairs('='))],
  tmpfs: ['Tmpfs', map],
  ulimits: ['Ulimits', ulimits],
  userns_mode: ['UsernsMode', text],
  uts_mode: ['UTSMode', text],
  volume_driver: ['VolumeDriver', text],
  volumes_from: ['VolumesFrom', words],
};

export interface Reading {
  /** Options that the engine takes in its own form already; true for all. */
  readonly skip: Returnable | undefined;
  /** Of two names for one option the second is dropped, not refused. */
  readonly ignoreCollisions: boolean;
  readonly checkAddresses: boolean;
}

export interface Body {
  readonly body: Fields;
  /** Options that nobody knows. */
  readonly unknown: readonly string[];
}

/** The body of a request for a new container, from options as users name and write them. */
export function containerBody(image: string, given: Fields, reading: Reading): Body {
  const options = renamed(withLogConfig(given), reading.ignoreCollisions);
  const skipped = (key: string): boolean =>
    reading.skip === true || splitInput(reading.skip === false ? undefined : reading.skip).some((one) => (ALIASES[one] ?? one) === key);
  const [top, host]: [Record<string, Returnable>, Record<string, Returnable>] = [{}, { ...fields(options['host_config']) }];
  const [invalid, unknown]: [string[], string[]] = [[], []];
  const read = (key: string, value: Returnable): void => {
    const [place, [name, reader]] =
      key in CONTAINER ? [top, CONTAINER[key] as readonly [string, Reader]] : [host, HOST[key] as readonly [string, Reader]];
    place[name] = skipped(key) ? value : reader(value);
    if (reading.checkAddresses && !skipped(key)) checkIn(key, place[name]);
  };
  for (const [key, value] of Object.entries(options)) {
    if (key === 'host_config' || key === 'detach' || value === null) continue;
    try {
      if (key === 'port_bindings') host['PortBindings'] = skipped(key) ? value : published(value, reading.checkAddresses);
      else if (key in CONTAINER || key in HOST) read(key, value);
      else unknown.push(key);
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      invalid.push(`${key}: ${error.message}`);
    }
  }
  if (host['PublishAllPorts'] === true && 'PortBindings' in host) invalid.push('port_bindings: Cannot be used when publish_all_ports=True');
  if (host['NetworkMode'] === 'host' && 'Hostname' in top) invalid.push('hostname: Cannot be used with network_mode=host');
  if (invalid.length > 0) throw new CommandFailed(`Failed to translate input:\n${invalid.join('\n')}`);
  host['NetworkMode'] ??= 'default';
  const ports = { ...fields(top['ExposedPorts']), ...set(Object.keys(fields(host['PortBindings']))) };
  const volumes = { ...fields(top['Volumes']), ...set(boundPaths(host['Binds'])) };
  const more = { ...(holds(ports) ? { ExposedPorts: ports } : {}), ...(holds(volumes) ? { Volumes: volumes } : {}) };
  return { body: { ...top, ...more, ...attached(top, options['detach'] === true), Image: image, HostConfig: host }, unknown };
}

/** What is attached to a container that nobody detached: as Docker's own client has it. */
const attached = (top: Fields, detach: boolean): Fields => {
  const reads = !detach && top['OpenStdin'] === true;
  return { AttachStdout: !detach, AttachStderr: !detach, AttachStdin: reads, StdinOnce: reads };
};

const boundPaths = (value: Returnable | undefined): string[] =>
  isList(value) ? value.flatMap((bind) => String(bind).split(':')[1] ?? []) : [];

function checkIn(key: string, value: Returnable | undefined): void {
  if (key === 'dns') for (const address of value as readonly string[]) checkAddress(address);
  if (key === 'extra_hosts') for (const entry of value as readonly string[]) checkAddress(entry.slice(entry.indexOf(':') + 1));
}

function withLogConfig({ log_driver: driver, log_opt: options, ...rest }: Fields): Fields {
  if ('log_config' in rest || (driver === undefined && options === undefined)) return rest;
  return { ...rest, log_config: { Type: String(driver ?? 'none'), Config: options === undefined ? {} : pairs('=')(options) } };
}

function renamed(given: Fields, ignoreCollisions: boolean): Fields {
  const named: Record<string, Returnable> = Object.fromEntries(Object.entries(given).filter(([key]) => !(key in ALIASES)));
  for (const [key, value] of Object.entries(given)) {
    const real = ALIASES[key];
    if (real === undefined) continue;
    if (!(real in named)) named[real] = value;
    else if (!ignoreCollisions)
      throw new CommandFailed(`Failed to translate input: '${key}' is an alias for '${real}', they cannot both be used`);
  }
  return named;
}
