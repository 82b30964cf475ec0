import { isIP } from 'node:net';
import { grainSource, type Returnable } from '../define.ts';

const resolved = '/run/systemd/resolve/resolv.conf';

export const dns = grainSource({
  name: 'dns',
  doc: 'dns: what the resolver is configured with.',
  async collect(host) {
    const content = host.read(host.exists(resolved) ? resolved : '/etc/resolv.conf');
    return content === undefined ? {} : { dns: parseResolv(content) };
  },
});

/** A resolv.conf in Salt's shape. Of several `domain` and `search` lines the last counts. */
export const parseResolv = (content: string): Record<string, Returnable> => {
  const nameservers = new Set<string>();
  const options = new Set<string>();
  const sortlist = new Set<string>();
  let domain = '';
  let search: readonly string[] = [];
  for (const [directive, ...values] of content.split('\n').map(wordsOf)) {
    if (directive === 'nameserver' && isIP(values[0] ?? '')) nameservers.add(values[0] ?? '');
    if (directive === 'domain') domain = values[0] ?? '';
    if (directive === 'search') search = values;
    if (directive === 'sortlist') for (const value of values) sortlist.add(network(value));
    if (directive === 'options' && values[0] !== undefined) options.add(values[0]);
  }
  const servers = [...nameservers];
  return {
    nameservers: servers,
    ip4_nameservers: servers.filter((server) => isIP(server) === 4),
    ip6_nameservers: servers.filter((server) => isIP(server) === 6),
    sortlist: [...sortlist],
    domain,
    search,
    options: [...options],
  };
};

/** The words of a line up to a comment, the directive in lower case. */
const wordsOf = (line: string): string[] => {
  const words = line.trim().split(/\s+/);
  const comment = words.findIndex((word) => word.startsWith('#') || word.startsWith(';'));
  const [directive = '', ...values] = comment < 0 ? words : words.slice(0, comment);
  return [directive.toLowerCase(), ...values];
};

/** An address pair of a sortlist; one without a netmask gets that of its class. */
const network = (value: string): string => {
  if (value.includes('/') || isIP(value) !== 4) return value;
  const first = Number(value.split('.')[0]);
  return `${value}/${first < 128 ? 8 : first < 192 ? 16 : 24}`;
};
