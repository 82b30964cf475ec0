import { realpathSync } from 'node:fs';
import { grainSource } from '../define.ts';

export const python = grainSource({
  name: 'python',
  doc: 'pythonexecutable, pythonversion: the Python that runs custom Python modules, if there is one.',
  async collect(host) {
    const executable = host.which('python3');
    if (executable === undefined) return {};
    const minor = /python3\.(\d+)$/.exec(realpathSync(executable))?.[1];
    if (minor === undefined) return { pythonexecutable: executable };
    return { pythonexecutable: executable, pythonversion: [3, Number(minor), 0, 'final', 0] };
  },
});
