import { grainSource } from '../define.ts';

export const directories = grainSource({
  name: 'directories',
  doc: 'cwd, path, systempath, shell: what the minion got from its environment.',
  async collect() {
    const path = (process.env['PATH'] ?? '').trim();
    return { cwd: process.cwd(), path, systempath: path.split(':'), shell: process.env['SHELL'] ?? '/bin/sh' };
  },
});
