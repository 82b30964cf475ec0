import { lookup } from 'node:dns/promises';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { parseZone } from './zone.ts';

const NO_DIG = 'This function requires dig, which is not currently available';
const HOSTS_FILE = { hostsfile: { type: 'string', default: '/etc/hosts', doc: 'the file' } } as const;
const ENTRIES = { entries: { type: 'string', doc: 'names, with commas between' } } as const;
const NAMESERVER = { nameserver: { type: 'any', doc: 'the server that is asked' } } as const;
const HOST = { host: { type: 'any', required: true, doc: 'the name' } } as const;
const DOMAIN = { domain: { type: 'any', required: true, doc: 'the domain' } } as const;
const resolving = (by: boolean) => ({ resolve: { type: 'boolean', default: by, doc: 'with addresses in place of names' } }) as const;

function parseHosts(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const [address, ...names] = line.split(/\s+/).filter((word) => word !== '');
    if (address === undefined) throw new Error('A line of the hosts is blank');
    found[address] = [...(found[address] ?? []), ...names];
  }
  return found;
}

async function hostsIn(file: string): Promise<Record<string, string[]> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text === '' ? undefined : parseHosts(text);
}

function namesOf(entries: string | undefined): string[] {
  if (entries === undefined) throw new Error('entries must be given: names, with commas between');
  return entries.split(',');
}

async function append(file: string, address: string | undefined, entries: string | undefined): Promise<string> {
  const asked = namesOf(entries);
  const has = (await hostsIn(file))?.[address ?? ''] ?? [];
  const names = asked.filter((name) => !has.includes(name));
  if (names.length === 0) return `No additional hosts were added to ${file}`;
  const line = `\n${address ?? 'None'} ${names.join(' ')}`;
  await appendFile(file, line);
  return `The following line was added to ${file}:${line}`;
}

async function remove(file: string, entries: string | undefined): Promise<null> {
  const names = namesOf(entries);
  const text = await readFile(file, 'utf8');
  const left = text
    .replace(/\n$/, '')
    .split('\n')
    .flatMap((line) => {
      if (line === '' || line.trim().startsWith('#')) return [line];
      const [address, ...has] = line.split(/\s+/).filter((word) => word !== '');
      const kept = has.filter((name) => !names.includes(name));
      return kept.length > 0 ? [[address, ...kept].join(' ')] : [];
    });
  await writeFile(file, text === '' ? '' : left.map((line) => `${line}\n`).join(''));
  return null;
}

/** Asks dig, or says that it is not there. */
const byDig = async (ctx: Ctx, name: string, args: readonly (Returnable | undefined)[]): Promise<Returnable> =>
  ctx.host.which('dig') === undefined
    ? NO_DIG
    : ctx.call(
        `dig.${name}`,
        args.map((arg) => arg ?? null),
      );

const addressCall = (name: 'A' | 'AAAA', family: 4 | 6) =>
  call({
    doc: `The addresses of a name, by its records ${name}; without dig by the resolver of the system.`,
    examples: [`tsalt ns1 dnsutil.${name} www.example.com`],
    args: { ...HOST, ...NAMESERVER },
    changes: false,
    async run(ctx, { host, nameserver }) {
      if (ctx.host.which('dig') !== undefined || nameserver !== undefined) return byDig(ctx, name, [host, nameserver]);
      try {
        return (await lookup(String(host), { family, all: true, verbatim: true })).map(({ address }) => address);
      } catch {
        return `Unable to resolve ${String(host)}`;
      }
    },
  });

async function serial(ctx: Ctx, zone: string, update: boolean): Promise<Returnable> {
  const key = zone === '' ? 'dnsserial' : `dnsserial_${zone}`;
  const stored = await ctx.call('grains.get', [key]);
  const now = new Date();
  const today = `${now.getFullYear()}${String(now.getMonth() + 1).padStart(2, '0')}${String(now.getDate()).padStart(2, '0')}01`;
  if (!update) return stored || today;
  const next = stored && String(stored) >= today ? String(Number(stored) + 1) : today;
  await ctx.call('grains.setval', [key, next]);
  return next;
}

/** Names and addresses: files of hosts and zones, and questions to name servers. */
export default execModule({
  name: 'dnsutil',
  doc: 'Names and addresses: files of hosts and zones, and questions to name servers.',
  calls: {
    parse_hosts: call({
      doc: 'The names of a file of hosts, by address.',
      examples: ["tsalt '*' dnsutil.parse_hosts"],
      args: { ...HOSTS_FILE, hosts: { type: 'string', doc: 'a text in place of the file' } },
      changes: false,
      async run(_ctx, { hostsfile, hosts }) {
        if (hosts) return parseHosts(hosts);
        const text = await readFile(hostsfile, 'utf8').catch(() => undefined);
        return text === undefined ? 'Error: hosts data was not found' : parseHosts(text);
      },
    }),
    hosts_append: call({
      doc: 'Add a line to a file of hosts, with the names that the address does not have.',
      examples: ["tsalt '*' dnsutil.hosts_append /etc/hosts 127.0.0.1 ad1.example.com,ad2.example.com"],
      args: { ...HOSTS_FILE, ip_addr: { type: 'string', doc: 'the address' }, ...ENTRIES },
      changes: true,
      run: (_ctx, { hostsfile, ip_addr, entries }) => append(hostsfile, ip_addr, entries),
    }),
    hosts_remove: call({
      doc: 'Remove names from a file of hosts, and the lines that have no other.',
      examples: ["tsalt '*' dnsutil.hosts_remove /etc/hosts ad1.example.com,ad2.example.com"],
      args: { ...HOSTS_FILE, ...ENTRIES },
      changes: true,
      run: (_ctx, { hostsfile, entries }) => remove(hostsfile, entries),
    }),
    parse_zone: call({
      doc: 'What a file of a zone says.',
      examples: ['tsalt ns1 dnsutil.parse_zone /var/lib/named/example.com.zone'],
      args: { zonefile: { type: 'string', doc: 'the file' }, zone: { type: 'string', doc: 'a text in place of the file' } },
      changes: false,
      async run(_ctx, { zonefile, zone }) {
        const text = zonefile ? await readFile(zonefile, 'utf8').catch(() => zone) : zone;
        return text ? parseZone(text) : 'Error: Zone data was not found';
      },
    }),
    check_ip: call({
      doc: 'Whether a text is an address; takes dig.',
      examples: ['tsalt ns1 dnsutil.check_ip 127.0.0.1'],
      args: { ip_addr: { type: 'any', required: true, doc: 'the text' } },
      changes: false,
      run: (ctx, { ip_addr }) => byDig(ctx, 'check_ip', [ip_addr]),
    }),
    A: addressCall('A', 4),
    AAAA: addressCall('AAAA', 6),
    NS: call({
      doc: 'The name servers of a domain; takes dig.',
      examples: ['tsalt ns1 dnsutil.NS example.com'],
      args: { ...DOMAIN, ...resolving(true), ...NAMESERVER },
      changes: false,
      run: (ctx, { domain, resolve, nameserver }) => byDig(ctx, 'NS', [domain, resolve, nameserver]),
    }),
    SPF: call({
      doc: 'The addresses that may send mail for a domain; takes dig.',
      examples: ['tsalt ns1 dnsutil.SPF example.com'],
      args: { ...DOMAIN, record: { type: 'string', default: 'SPF', doc: 'the type of record' }, ...NAMESERVER },
      changes: false,
      run: (ctx, { domain, record, nameserver }) => byDig(ctx, 'SPF', [domain, record, nameserver]),
    }),
    MX: call({
      doc: 'The mail exchangers of a domain; takes dig.',
      examples: ['tsalt ns1 dnsutil.MX example.com'],
      args: { ...DOMAIN, ...resolving(false), ...NAMESERVER },
      changes: false,
      run: (ctx, { domain, resolve, nameserver }) => byDig(ctx, 'MX', [domain, resolve, nameserver]),
    }),
    serial: call({
      doc: 'The serial of a zone, kept in a grain; with `update` the next one, by the date.',
      examples: ['tsalt ns1 dnsutil.serial example.com', 'tsalt ns1 dnsutil.serial example.com update=True'],
      args: { zone: { type: 'string', default: '', doc: 'the zone' }, update: { type: 'boolean', default: false, doc: 'count on' } },
      changes: true,
      run: (ctx, { zone, update }) => serial(ctx, zone, update),
    }),
  },
});
