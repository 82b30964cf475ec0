import { grainSource } from '../define.ts';

export const python = grainSource({
  name: 'python',
  doc: 'pythonexecutable, pythonversion: the Python that runs custom Python modules, if there is one.',
  async collect(host) {
    const executable = host.which('python3');
    if (executable === undefined) return {};
    const version = parseVersion((await host.run([executable, '-V'])) ?? '');
    return { pythonexecutable: executable, ...(version === undefined ? {} : { pythonversion: version }) };
  },
});

const LEVELS: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', rc: 'candidate' };

/** `Python 3.13.0rc1` in the form of Python's `sys.version_info`. */
export const parseVersion = (text: string): (number | string)[] | undefined => {
  const [, numbers, level = '', serial = '0'] = /^Python (\d+\.\d+\.\d+)(a|b|rc)?(\d+)?/.exec(text) ?? [];
  return numbers === undefined ? undefined : [...numbers.split('.').map(Number), LEVELS[level] ?? 'final', Number(serial)];
};
