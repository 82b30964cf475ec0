import { readFileSync } from 'node:fs';
import { type GrainHost, grainSource } from '../define.ts';

export const firmware = grainSource({
  name: 'firmware',
  doc: 'efi, efi-secure-boot, transactional: how the machine boots and whether its root is replaced as a whole.',
  async collect(host) {
    const directory = ['/sys/firmware/efi/efivars', '/sys/firmware/efi/vars'].find(host.exists);
    return {
      transactional: host.which('transactional-update') !== undefined,
      efi: directory !== undefined,
      'efi-secure-boot': directory !== undefined && isSecure(host, directory),
    };
  },
});

const isSecure = (host: GrainHost, directory: string): boolean => {
  const [variable, ...more] = host.list(directory).filter((name) => name.startsWith('SecureBoot-'));
  if (variable === undefined || more.length > 0) return false;
  try {
    return readFileSync(directory.endsWith('efivars') ? `${directory}/${variable}` : `${directory}/${variable}/data`).at(-1) === 1;
  } catch {
    // Only root may read it; without it Salt, too, says that it is off.
    return false;
  }
};
