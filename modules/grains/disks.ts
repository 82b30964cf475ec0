import { readlinkSync } from 'node:fs';
import { grainSource } from '../define.ts';

const tree = '/sys/block';

export const disks = grainSource({
  name: 'disks',
  doc: 'disks, ssds, fibre_channel_host: block devices that turn, and those that do not.',
  async collect(host) {
    const real = host.list(tree).filter((name) => !isVirtual(name));
    const turning = (flag: string) => real.filter((name) => host.read(`${tree}/${name}/queue/rotational`)?.startsWith(flag));
    return { disks: turning('1'), ssds: turning('0'), fibre_channel_host: host.exists('/sys/class/fc_host') };
  },
});

/** Loop devices, RAM disks and mapped volumes are no hardware. */
const isVirtual = (name: string): boolean => {
  try {
    return readlinkSync(`${tree}/${name}`).startsWith('../devices/virtual/');
  } catch {
    // Gone since it was listed, or a plain directory: not something to leave out.
    return false;
  }
};
