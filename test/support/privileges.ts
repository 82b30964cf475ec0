import { existsSync } from 'node:fs';

/** Why packages cannot be installed here, told on stderr too so that it is not overlooked; false where they can. */
export function noApt(): string | false {
  const why =
    process.getuid?.() !== 0 ? 'only root may install packages' : existsSync('/usr/bin/apt-get') ? undefined : 'there is no apt here';
  if (why === undefined) return false;
  process.stderr.write(`\nTests that install a package are left out: ${why}.\n`);
  return why;
}
