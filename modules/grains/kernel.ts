import { hostname, machine, release, type as systemName, version } from 'node:os';
import { grainSource, type Returnable } from '../define.ts';

export const kernel = grainSource({
  name: 'kernel',
  doc: 'kernel, kernelrelease, kernelversion, kernelparams, nodename, cpuarch, ps: the running kernel.',
  async collect(host) {
    const parameters = host.read('/proc/cmdline');
    return {
      ...(parameters === undefined ? {} : { kernelparams: parseParameters(parameters) }),
      kernel: systemName(),
      nodename: hostname(),
      kernelrelease: release(),
      kernelversion: version(),
      cpuarch: machine(),
      ps: 'ps -efHww',
    };
  },
});

/** Pairs of name and value, the value null for a bare word. One with several `=` counts as a bare word in Salt. */
export const parseParameters = (line: string): Returnable[] =>
  shellWords(line).map((word) => {
    const [name = '', value, ...more] = word.split('=');
    return [name, value === undefined || more.length > 0 ? null : value.replace(/^"+|"+$/g, '')];
  });

/** Words as a shell separates them: quotes keep blanks together and are taken off. */
const shellWords = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
