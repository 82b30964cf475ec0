import { isIPv4, isIPv6 } from 'node:net';
import { type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { execute, wordOf } from './commands.ts';

type Server = Returnable | undefined;
const HOST = { host: { type: 'any', required: true, doc: 'the name' } } as const;
const DOMAIN = { domain: { type: 'any', required: true, doc: 'the domain' } } as const;
const NAMESERVER = { nameserver: { type: 'any', doc: 'the server that is asked' } } as const;
const resolving = (by: boolean) => ({ resolve: { type: 'boolean', default: by, doc: 'with addresses in place of names' } }) as const;

/** Whether a text is an address, which may have the length of a network behind it. */
function isAddress(text: Returnable): boolean {
  if (typeof text !== 'string') return false;
  const [, address = text, length] = /^(.*)\/([^/]*)$/.exec(text) ?? [];
  const least = isIPv4(address) ? 1 : isIPv6(address) ? 8 : undefined;
  if (least === undefined || length === undefined) return least !== undefined;
  return /^\s*[+-]?\d+\s*$/.test(length) && Number(length) >= least && Number(length) <= (least === 1 ? 32 : 128);
}

/** The answer of dig; undefined when it fails. */
async function ask(ctx: Ctx, words: readonly Returnable[], nameserver: Server): Promise<string | undefined> {
  const server = nameserver == null ? [] : [`@${wordOf(nameserver)}`];
  const { retcode, stdout } = await execute(ctx, ['dig', '+short', ...words, ...server]);
  if (retcode === 0) return stdout;
  ctx.log.warn(`dig ended with ${retcode}: it is taken as no answer`);
  return undefined;
}

async function addresses(ctx: Ctx, host: Returnable, type: 'A' | 'AAAA', nameserver: Server): Promise<string[]> {
  return ((await ask(ctx, [host, type], nameserver)) ?? '').split('\n').filter(isAddress);
}

const lines = (answer: string | undefined): string[] => answer?.split('\n') ?? [];

async function spf(ctx: Ctx, domain: Returnable, record: string, nameserver: Server): Promise<string[]> {
  const answer = await ask(ctx, [domain, record], nameserver);
  if (answer === undefined) return [];
  if (answer === '' && record === 'SPF') return spf(ctx, domain, 'TXT', nameserver);
  const [version, ...sections] = answer.replaceAll('"', '').trim().split(/\s+/);
  if (version !== 'v=spf1') return [];
  if (sections[0] === undefined) throw new Error(`The record of ${wordOf(domain)} says nothing: ${answer}`);
  if (sections[0].startsWith('redirect=')) return spf(ctx, sections[0].slice(9), 'SPF', nameserver);
  const found: string[] = [];
  for (const section of sections) {
    const [, mechanism, address = ''] = /^(?:\+|~)?(ip[46]|include):(.+)/.exec(section) ?? [];
    if (mechanism === 'include') found.push(...(await spf(ctx, address, 'SPF', nameserver)));
    else if (mechanism !== undefined && isAddress(address)) found.push(address);
  }
  return found;
}

async function servers(ctx: Ctx, domain: Returnable, resolve: boolean, nameserver: Server): Promise<string[]> {
  const names = lines(await ask(ctx, [domain, 'NS'], nameserver));
  if (!resolve) return names;
  const found: string[] = [];
  for (const name of names) found.push(...(await addresses(ctx, name, 'A', nameserver)));
  return found;
}

async function exchangers(ctx: Ctx, domain: Returnable, resolve: boolean, nameserver: Server): Promise<string[][]> {
  const found = lines(await ask(ctx, [domain, 'MX'], nameserver)).map((line) => line.split(/\s+/).filter((word) => word !== ''));
  if (!resolve) return found;
  const resolved: string[][] = [];
  for (const [priority, host] of found) {
    const [address] = host === undefined ? [] : await addresses(ctx, host, 'A', nameserver);
    if (priority === undefined || address === undefined) throw new Error(`An exchanger of ${wordOf(domain)} has no address`);
    resolved.push([priority, address]);
  }
  return resolved;
}

const example = (name: string): string[] => [
  `tsalt ns1 dig.${name} example.com`,
  `tsalt ns1 dig.${name} example.com nameserver=192.0.2.53`,
];

const addressCall = (type: 'A' | 'AAAA') =>
  call({
    doc: `The addresses of a name, by its records ${type}.`,
    examples: example(type),
    args: { ...HOST, ...NAMESERVER },
    changes: false,
    run: (ctx, { host, nameserver }) => addresses(ctx, host, type, nameserver),
  });
const [A, AAAA] = [addressCall('A'), addressCall('AAAA')];

const PTR = call({
  doc: 'The names of an address.',
  examples: ['tsalt ns1 dig.PTR 192.0.2.1'],
  args: { ...HOST, ...NAMESERVER },
  changes: false,
  run: async (ctx, { host, nameserver }) => lines(await ask(ctx, ['-x', host], nameserver)),
});

const CNAME = call({
  doc: 'The name that a name stands for.',
  examples: example('CNAME'),
  args: { ...HOST, ...NAMESERVER },
  changes: false,
  run: async (ctx, { host, nameserver }) => (await ask(ctx, [host, 'CNAME'], nameserver)) ?? [],
});

const NS = call({
  doc: 'The name servers of a domain.',
  examples: example('NS'),
  args: { ...DOMAIN, ...resolving(true), ...NAMESERVER },
  changes: false,
  run: (ctx, { domain, resolve, nameserver }) => servers(ctx, domain, resolve, nameserver),
});

const SPF = call({
  doc: 'The addresses that may send mail for a domain.',
  examples: example('SPF'),
  args: { ...DOMAIN, record: { type: 'string', default: 'SPF', doc: 'the type of record' }, ...NAMESERVER },
  changes: false,
  run: (ctx, { domain, record, nameserver }) => spf(ctx, domain, record, nameserver),
});

const MX = call({
  doc: 'The mail exchangers of a domain, with their priorities.',
  examples: example('MX'),
  args: { ...DOMAIN, ...resolving(false), ...NAMESERVER },
  changes: false,
  run: (ctx, { domain, resolve, nameserver }) => exchangers(ctx, domain, resolve, nameserver),
});

const TXT = call({
  doc: 'The texts of a name.',
  examples: example('TXT'),
  args: { ...HOST, ...NAMESERVER },
  changes: false,
  run: async (ctx, { host, nameserver }) => lines(await ask(ctx, [host, 'TXT'], nameserver)),
});

/** Questions to name servers, by dig. */
export default execModule({
  name: 'dig',
  doc: 'Questions to name servers, by dig.',
  serves: (host) => host.which('dig') !== undefined || 'The dig execution module cannot be loaded: the dig binary is not in the path.',
  calls: {
    check_ip: call({
      doc: 'Whether a text is an address, which may have the length of a network behind it.',
      examples: ['tsalt ns1 dig.check_ip 127.0.0.1', 'tsalt ns1 dig.check_ip 2001:db8::/32'],
      args: { addr: { type: 'any', required: true, doc: 'the text' } },
      changes: false,
      run: (_ctx, { addr }) => isAddress(addr),
    }),
    A,
    PTR,
    AAAA,
    CNAME,
    NS,
    SPF,
    MX,
    TXT,
    a: A,
    ptr: PTR,
    aaaa: AAAA,
    cname: CNAME,
    ns: NS,
    spf: SPF,
    mx: MX,
  },
});
