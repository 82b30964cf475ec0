import ipaddr from 'ipaddr.js';
import type { Returnable } from '../../modules/define.ts';
import { isTree, type Tree } from './path.ts';

export interface DockerWish {
  readonly interfaces: readonly string[] | undefined;
  readonly cidrs: readonly string[] | undefined;
  /** Places as pairs with the container's id. */
  readonly withId: boolean;
}

/** `{image: {ipv4: {port: [address:port]}}}` of what minions handed in of `docker.ps`: one that publishes on all addresses is reached at each. */
export function dockerProxies(hosts: Returnable, wish: DockerWish): Returnable {
  const proxies: Record<string, Record<string, Map<number, Returnable[]>>> = Object.create(null);
  for (const containers of Object.values(isTree(hosts) ? hosts : {})) {
    const { host, ...others } = isTree(containers) ? containers : {};
    const addresses = addressesOf(host, wish);
    for (const container of Object.values(others)) if (isTree(container)) addContainer(proxies, container, addresses, wish.withId);
  }
  return proxies;
}

function addContainer(
  proxies: Record<string, Record<string, Map<number, Returnable[]>>>,
  container: Tree,
  addresses: readonly string[],
  withId: boolean,
): void {
  const image = String(container['Image']);
  proxies[image] ??= Object.create(null) as Record<string, Map<number, Returnable[]>>;
  const info = container['Info'];
  const id = isTree(info) ? (info['Id'] ?? null) : null;
  for (const port of Array.isArray(container['Ports']) ? (container['Ports'] as readonly Returnable[]) : []) {
    if (!isTree(port) || typeof port['IP'] !== 'string' || port['IP'] === '') continue;
    for (const address of port['IP'] === '0.0.0.0' ? addresses : [port['IP']]) {
      const place = `${address}:${String(port['PublicPort'])}`;
      const byPort = proxies[image].ipv4 ?? new Map<number, Returnable[]>();
      proxies[image].ipv4 = byPort;
      const places = byPort.get(Number(port['PrivatePort'])) ?? [];
      byPort.set(Number(port['PrivatePort']), places);
      if (!places.some((one) => (Array.isArray(one) ? one[0] : one) === place)) places.push(withId ? [place, id] : place);
    }
  }
}

/** The IPv4 addresses of a host that are wanted, each once. */
function addressesOf(host: Returnable | undefined, { interfaces, cidrs }: DockerWish): string[] {
  const all = isTree(host) && isTree(host['interfaces']) ? host['interfaces'] : {};
  const found = Object.entries(all)
    .filter(([name]) => interfaces === undefined || interfaces.includes(name))
    .flatMap(([, one]) => (isTree(one) && Array.isArray(one['inet']) ? (one['inet'] as readonly Returnable[]) : []))
    .flatMap((inet) => (isTree(inet) && typeof inet['address'] === 'string' ? [inet['address']] : []));
  return [...new Set(found)].filter((address) => cidrs === undefined || cidrs.some((cidr) => isWithin(address, cidr)));
}

function isWithin(address: string, cidr: string): boolean {
  return (
    ipaddr.isValid(address) && ipaddr.isValidCIDR(cidr) && isSameKind(address, cidr) && ipaddr.parse(address).match(ipaddr.parseCIDR(cidr))
  );
}

const isSameKind = (address: string, cidr: string): boolean => ipaddr.parse(address).kind() === ipaddr.parseCIDR(cidr)[0].kind();
