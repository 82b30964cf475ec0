import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grainSource } from '../define.ts';

/** The Salt whose behaviour this minion has: formulas compare it. */
const salt = [3008, 3] as const;

export const versions = grainSource({
  name: 'versions',
  doc: 'saltversion, saltversioninfo, saltpath, zmqversion, package: the Salt this minion behaves as, where its program lies, the libzmq it carries.',
  async collect() {
    return {
      saltpath: dirname(fileURLToPath(import.meta.url)),
      saltversion: salt.join('.'),
      saltversioninfo: salt,
      zmqversion: '4.3.5',
      package: null,
    };
  },
});
