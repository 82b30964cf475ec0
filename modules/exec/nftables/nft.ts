import { CallRefused, type Ctx, type Returnable } from '../../define.ts';

export const TABLE = { type: 'string', default: 'filter', doc: 'the table' } as const;
export const CHAIN = { type: 'string', doc: 'the chain' } as const;
export const RULE = { type: 'string', doc: 'the rule, as nft has it or nftables.build_rule makes it' } as const;
export const FAMILY = { type: 'string', default: 'ipv4', doc: 'ipv4, ipv6, inet, arp, bridge or netdev' } as const;

/** The families of nft by the names that are taken for them. */
const FAMILIES: Readonly<Record<string, string>> = {
  ipv4: 'ip',
  ip4: 'ip',
  ip: 'ip',
  ipv6: 'ip6',
  ip6: 'ip6',
  inet: 'inet',
  arp: 'arp',
  bridge: 'bridge',
  netdev: 'netdev',
};
export const ALL_FAMILIES = [...new Set(Object.values(FAMILIES))];

/** @throws CallRefused for a name that is none of a family */
export function familyOf(name: string): string {
  const family = FAMILIES[name];
  if (family === undefined) throw new CallRefused(`nftables has no family ${name}: known are ${Object.keys(FAMILIES).join(', ')}`);
  return family;
}

/** What most functions answer: whether it is so, or was done, and a sentence about it. */
export type Told = { readonly result: boolean; readonly comment: string };
export const yes = (comment: string): Told => ({ result: true, comment });
export const no = (comment: string): Told => ({ result: false, comment });
export const NO_CHAIN = no('Chain needs to be specified');
export const NO_RULE = no('Rule needs to be specified');

/** What nft prints on both streams. It puts its words together again, so that a rule may be one word. */
export const nft = async (ctx: Ctx, ...words: readonly string[]): Promise<string> =>
  String(await ctx.call('cmd.run', [['nft', ...words]], { python_shell: false }));

/** What is not told by nft went well. */
export const done = async (ctx: Ctx, ...words: readonly string[]): Promise<boolean> => (await nft(ctx, ...words)) === '';

/** What `--json` lists; an empty list when nft prints none. */
export async function listJson(ctx: Ctx, ...words: readonly string[]): Promise<readonly Readonly<Record<string, Returnable>>[]> {
  const text = await nft(ctx, '--json', '--numeric', '--numeric', '--numeric', ...words);
  try {
    return (JSON.parse(text) as { readonly nftables?: readonly Readonly<Record<string, Returnable>>[] }).nftables ?? [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (text !== '') ctx.log.error(`nft ${words.join(' ')}: ${text}`);
    return [];
  }
}

export async function checkTable(ctx: Ctx, table: string | undefined, family: string): Promise<Told> {
  if (!table) return no('Table needs to be specified');
  const nftFamily = familyOf(family);
  const lines = (await nft(ctx, 'list', 'tables', nftFamily)).split('\n');
  return lines.includes(`table ${nftFamily} ${table}`)
    ? yes(`Table ${table} in family ${family} exists`)
    : no(`Table ${table} in family ${family} does not exist`);
}

export async function checkChain(ctx: Ctx, table: string, chain: string | undefined, family: string): Promise<Told> {
  if (!chain) return NO_CHAIN;
  const text = await nft(ctx, 'list', 'table', familyOf(family), table);
  return new Set(text.split('\n').map((line) => line.trim())).has(`chain ${chain} {`)
    ? yes(`Chain ${chain} in table ${table} in family ${family} exists`)
    : no(`Chain ${chain} in table ${table} in family ${family} does not exist`);
}

export interface At {
  readonly table: string;
  readonly chain: string | undefined;
  readonly rule: string | undefined;
  readonly family: string;
}

/** Why there can be no such rule, by what is missing; undefined when there may be. */
export async function missing(ctx: Ctx, { table, chain, rule, family }: At): Promise<Told | undefined> {
  if (!chain) return NO_CHAIN;
  if (!rule) return NO_RULE;
  return await missingChain(ctx, table, chain, family);
}

export async function missingChain(ctx: Ctx, table: string, chain: string, family: string): Promise<Told | undefined> {
  for (const check of [await checkTable(ctx, table, family), await checkChain(ctx, table, chain, family)]) if (!check.result) return check;
  return undefined;
}

/** The handle of a rule in a chain that is there; undefined if it has no such rule. */
export async function handleOf(ctx: Ctx, { table, chain, rule, family }: At): Promise<string | undefined> {
  const listed = await nft(ctx, '--handle', 'list', 'chain', familyOf(family), table, chain ?? '');
  const wanted = canonical(rule ?? '');
  return [...listed.matchAll(/^\s*(.*) # handle (\d+)$/gm)].find(([, text = '']) => canonical(text) === wanted)?.[2];
}

/**
 * A rule in a form in which that which was asked for and that which nft lists are equal: nft leaves braces out around one
 * element and orders those of a set, shows counters with what they counted, and quotes names.
 */
export const canonical = (rule: string): string =>
  rule
    .replace(/"/g, '')
    .replace(/counter packets \d+ bytes \d+/g, 'counter')
    .replace(/\bmeta (?=[io]ifname\b)/g, '')
    .replace(/\{([^}]*)\}/g, (_braces, elements: string) => elements.replace(/\s*,\s*/g, ','))
    .replace(/\s+/g, ' ')
    .replace(/\S+,\S+/g, (list) => list.split(',').sort().join(','))
    .trim();
