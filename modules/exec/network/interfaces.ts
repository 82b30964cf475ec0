import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Ctx } from '../../define.ts';
import { maskOf, networkOf } from './ip.ts';

export interface Inet extends Readonly<Record<string, string | null>> {
  readonly address: string;
  readonly netmask: string;
  readonly broadcast: string | null;
  readonly label: string;
}
export interface Inet6 extends Readonly<Record<string, string | null>> {
  readonly address: string;
  readonly prefixlen: string;
  readonly scope: string | null;
}
export interface Interface extends Readonly<Record<string, unknown>> {
  readonly up: boolean;
  readonly parent?: string;
  readonly hwaddr?: string;
  readonly inet?: readonly Inet[];
  readonly inet6?: readonly Inet6[];
  readonly secondary?: readonly (Readonly<Record<string, string | null>> & { readonly type: string; readonly address: string })[];
}
export type Interfaces = Readonly<Record<string, Interface>>;

/** By `ip addr`, or where iproute2 is missing by the system's own calls, which know no parents and secondaries. */
export const interfacesOf = async (ctx: Ctx): Promise<Interfaces> => {
  if (ctx.host.which('ip') === undefined) return ownInterfaces();
  const { stdout } = await ctx.spawn(['ip', 'addr', 'show'], { env: { LC_ALL: 'C.UTF-8' } });
  return parseIpAddr(stdout.toString('utf8'));
};

/** What `ip addr show` prints. */
export const parseIpAddr = (output: string): Interfaces => {
  const found: Record<string, Interface> = {};
  for (const block of output.split(/^(?=\d+: )/m)) {
    const [, name, parent, flags = ''] = /^\d+:\s+([\w.-]+)(?:@([\w.-]+))?:\s+<([^>]*)>/.exec(block) ?? [];
    if (name !== undefined) found[name] = interfaceOf(block.split('\n').slice(1), flags.split(',').includes('UP'), parent);
  }
  return found;
};

const interfaceOf = (lines: readonly string[], up: boolean, parent: string | undefined): Interface => {
  const inet: Inet[] = [];
  const inet6: Inet6[] = [];
  const secondary: { type: string; address: string; [key: string]: string | null }[] = [];
  let hwaddr: string | undefined;
  for (const words of lines.map((line) => line.trim().split(/\s+/))) {
    const [type = '', value = ''] = words;
    const after = (word: string): string | null => (words.includes(word) ? (words[words.indexOf(word) + 1] ?? null) : null);
    const [address = '', prefix = '32'] = value.split('/');
    const isSecond = words.includes('secondary');
    if (type.startsWith('link')) hwaddr = value;
    if (type === 'inet') {
      const entry = { address, netmask: maskOf(networkOf(`${address}/${prefix}`)), broadcast: after('brd'), label: words.at(-1) ?? '' };
      if (isSecond) secondary.push({ type, ...entry });
      else inet.push(entry);
    }
    if (type === 'inet6') {
      const entry = { address, prefixlen: prefix, scope: after('scope') };
      if (isSecond) secondary.push({ type, ...entry });
      else inet6.push(entry);
    }
  }
  return {
    up,
    ...(parent === undefined ? {} : { parent }),
    ...(hwaddr === undefined ? {} : { hwaddr }),
    ...(inet.length > 0 ? { inet } : {}),
    ...(inet6.length > 0 ? { inet6 } : {}),
    ...(secondary.length > 0 ? { secondary } : {}),
  };
};

const ownInterfaces = (): Interfaces => {
  const addresses = networkInterfaces();
  const names = new Set([...readdirSync('/sys/class/net'), ...Object.keys(addresses)]);
  return Object.fromEntries([...names].map((name) => [name, ownInterface(name, addresses[name] ?? [])]));
};

const ownInterface = (name: string, addresses: NonNullable<ReturnType<typeof networkInterfaces>[string]>): Interface => {
  const hwaddr = fromSys(name, 'address') ?? addresses[0]?.mac;
  const inet = addresses
    .filter(({ family }) => family === 'IPv4')
    .map(({ address, netmask, cidr, internal }) => ({
      address,
      netmask,
      broadcast: internal || cidr === null ? null : broadcastOf(cidr),
      label: name,
    }));
  const inet6 = addresses
    .filter(({ family }) => family === 'IPv6')
    .map(({ address, cidr, internal, scopeid }) => ({
      address,
      prefixlen: cidr?.split('/')[1] ?? '128',
      scope: internal ? 'host' : scopeid ? 'link' : 'global',
    }));
  return {
    up: (Number(fromSys(name, 'flags') ?? 1) & 1) === 1,
    ...(hwaddr === undefined ? {} : { hwaddr }),
    ...(inet.length > 0 ? { inet } : {}),
    ...(inet6.length > 0 ? { inet6 } : {}),
  };
};

const fromSys = (name: string, file: string): string | undefined => {
  try {
    return readFileSync(`/sys/class/net/${name}/${file}`, 'utf8').trim();
  } catch {
    return undefined;
  }
};

const broadcastOf = (cidr: string): string => {
  const { last } = networkOf(cidr);
  return [24n, 16n, 8n, 0n].map((shift) => String((last >> shift) & 255n)).join('.');
};
