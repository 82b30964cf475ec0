import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

/** A master as the configuration names it: a host name or address, and perhaps a port of its own. */
export interface MasterName {
  readonly host: string;
  readonly port: number | undefined;
}

/** Reads `host`, `host:port`, `::1`, `[::1]` and `[::1]:port`. @throws TsaltError `bad-master-name` */
export function parseMaster(text: string): MasterName {
  const trimmed = text.trim();
  const parts = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(trimmed) ?? /^([^:\s]+)(?::(\d{1,5}))?$/.exec(trimmed);
  const host = isIP(trimmed) > 0 ? trimmed : parts?.[1];
  const port = parts?.[2] === undefined ? undefined : Number(parts[2]);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65535))) {
    throw new TsaltError(
      'bad-master-name',
      `master: cannot read ${JSON.stringify(text)}; give a host name or address, with :port if need be`,
    );
  }
  return { host, port };
}

/** The address of `host` as it stands now; asked anew at each reconnect. @throws TsaltError `name-not-found` */
export async function resolveHost(host: string, ipv6: boolean): Promise<string> {
  if (isIP(host) > 0) return host;
  try {
    const found = await lookup(host, { all: true, order: ipv6 ? 'verbatim' : 'ipv4first' });
    const usable = found.filter(({ family }) => ipv6 || family === 4);
    const first = usable[0];
    if (first === undefined) throw new Error(`it has no IPv4 address, and ipv6 is off`);
    return first.address;
  } catch (cause) {
    throw new TsaltError('name-not-found', `cannot find the master ${host}: ${messageOf(cause)}`, { cause, retry: true });
  }
}

export const endpoint = (address: string, port: number): string =>
  isIP(address) === 6 ? `tcp://[${address}]:${port}` : `tcp://${address}:${port}`;
