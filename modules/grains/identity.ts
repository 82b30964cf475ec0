import { createHash } from 'node:crypto';
import { type GrainHost, grainSource } from '../define.ts';

export const identity = grainSource({
  name: 'identity',
  doc: 'id, master, server_id, machine_id, append_domain: who this minion is.',
  async collect(host) {
    const id = text(host.config['id']);
    const appended = host.config['append_domain'];
    return {
      ...machineId(host),
      master: masterOf(host.config['master']),
      server_id: serverId(id),
      id,
      ...(typeof appended === 'string' && appended !== '' ? { append_domain: appended } : {}),
    };
  },
});

/** The SHA-256 of the id modulo 2^31, as MySQL replication wants its `server-id`. */
export const serverId = (id: string): number => createHash('sha256').update(id).digest().readUInt32BE(28) & 0x7fffffff;

const machineId = (host: GrainHost): Record<string, string> => {
  const found = ['/etc/machine-id', '/var/lib/dbus/machine-id'].map(host.read).find((content) => content !== undefined);
  return found === undefined ? {} : { machine_id: found.trim() };
};

const masterOf = (master: unknown): string | string[] => (Array.isArray(master) ? master.map(String) : text(master));

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
