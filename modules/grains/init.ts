import { type GrainHost, grainSource, type Returnable } from '../define.ts';

export const init = grainSource({
  name: 'init',
  doc: "init, systemd: what runs as process 1, and systemd's version and features.",
  async collect(host) {
    const systemd = await systemdOf(host);
    return { ...(systemd === undefined ? {} : { systemd }), init: initOf(host) };
  },
});

const systemdOf = async (host: GrainHost): Promise<Returnable | undefined> => {
  if (!host.which('systemctl') || !host.which('localectl')) return undefined;
  const [first = '', features] = ((await host.run(['systemctl', '--version'])) ?? '').split('\n');
  const version = /^systemd (\S+)/.exec(first)?.[1];
  return version === undefined ? { version: 'UNDEFINED', features: '' } : { version, features: features ?? '' };
};

/** Supervisors of containers, by the program that process 1 is given as. */
const supervisors = ['supervisord', 'dumb-init', 'tini'] as const;
/** In the order in which Salt looks for them in the program file. */
const namesInProgram = ['upstart', 'sysvinit', 'systemd'] as const;

/** The init system, by the signs Salt goes by: systemd's directory, then the command line of process 1. */
export const initOf = (host: GrainHost): string => {
  if (host.exists('/run/systemd/system')) return 'systemd';
  const words = (host.read('/proc/1/cmdline') ?? '').split(/[\0\s]+/).filter((word) => word !== '');
  const program = words[0] === undefined ? undefined : host.which(words[0]);
  if (program?.endsWith('bin/init')) return initByProgram(host.read(program) ?? '');
  const supervisor = supervisors.find((name) => words.includes(host.which(name) ?? '\0'));
  if (supervisor !== undefined) return supervisor;
  return words.join(' ') === 'runit' || words.includes('/sbin/my_init') ? 'runit' : 'unknown';
};

const initByProgram = (program: string): string => {
  const text = program.toLowerCase();
  return namesInProgram.find((name) => text.includes(name)) ?? 'unknown';
};
