import { lookup, lookupService } from 'node:dns/promises';
import { hostname as systemHostname } from 'node:os';
import { type GrainHost, grainSource, type Returnable } from '../define.ts';

/** Milliseconds that name servers get, all questions together: a minion must start without them, too. */
const patience = 2000;

export const hostname = grainSource({
  name: 'hostname',
  doc: 'localhost, fqdn, host, domain, fqdn_ip4, fqdn_ip6, fqdns: the names of this machine.',
  builds: true,
  async collect(host) {
    const localhost = systemHostname();
    const deadline = AbortSignal.timeout(patience);
    const fqdn = await within(deadline, fullName(host, localhost), localhost);
    const dot = fqdn.indexOf('.');
    const [fqdn_ip4, fqdn_ip6, fqdns] = await Promise.all([
      hasAny(host, 'ipv4') ? within(deadline, addressesOf(fqdn, 4), []) : [],
      hasAny(host, 'ipv6') ? within(deadline, addressesOf(fqdn, 6), []) : [],
      host.config['enable_fqdns_grains'] === true ? within(deadline, namesOf(addresses(host)), []) : [],
    ]);
    return {
      localhost,
      fqdn,
      host: dot < 0 ? fqdn : fqdn.slice(0, dot),
      domain: dot < 0 ? '' : fqdn.slice(dot + 1),
      fqdn_ip4,
      fqdn_ip6,
      fqdns,
    };
  },
});

/**
 * The canonical name that the system's resolver gives for its own host name. Node cannot ask for one, so it is
 * read from /etc/hosts, which comes first on nearly every system; only if that knows nothing, `hostname -f` asks.
 */
const fullName = async (host: GrainHost, name: string): Promise<string> => {
  if (name === '') return 'localhost.localdomain';
  return canonicalName(host.read('/etc/hosts') ?? '', name) ?? (await host.run(['hostname', '-f'])) ?? name;
};

/** The first name of the line that names this host. */
export const canonicalName = (hosts: string, name: string): string | undefined =>
  hosts
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
    .find((names) => names.some((known) => known.toLowerCase() === name.toLowerCase()))?.[0];

const addressesOf = async (name: string, family: 4 | 6): Promise<string[]> => {
  const found = await lookup(name, { family, all: true }).catch(nothing);
  return [...new Set(found.map((entry) => entry.address))];
};

/** One after the other: each question holds a thread that files and keys need, too. */
const namesOf = async (ips: readonly string[]): Promise<string[]> => {
  const names = new Set<string>();
  for (const ip of ips) {
    const [name] = await lookupService(ip, 0).then((answer) => [answer.hostname], nothing);
    if (name !== undefined) names.add(name);
  }
  return [...names].sort();
};

/** A name that cannot be resolved is an ordinary finding. */
const nothing = (): never[] => [];

/** What the promise gives, or the other value if the deadline passes first. */
const within = async <T>(deadline: AbortSignal, promise: Promise<T>, otherwise: T): Promise<T> => {
  if (deadline.aborted) return otherwise;
  return Promise.race([promise, new Promise<T>((done) => deadline.addEventListener('abort', () => done(otherwise), { once: true }))]);
};

const hasAny = (host: GrainHost, grain: string): boolean => listOf(host.grains[grain]).length > 0;

const addresses = (host: GrainHost): string[] =>
  [...listOf(host.grains['ipv4']), ...listOf(host.grains['ipv6'])].filter((ip) => !ip.startsWith('127.') && ip !== '::1');

const listOf = (value: Returnable | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);
