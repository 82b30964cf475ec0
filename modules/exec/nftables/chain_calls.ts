import { call } from '../../define.ts';
import { CHAIN, checkChain, checkTable, done, FAMILY, familyOf, listJson, missingChain, NO_CHAIN, no, TABLE, yes } from './nft.ts';

const NEEDED = { type: 'string', required: true, doc: 'the table' } as const;

/** Tables and chains. */
export const chainCalls = {
  check_table: call({
    doc: 'Whether there is a table.',
    examples: ["tsalt '*' nftables.check_table nat"],
    args: { table: { type: 'string', doc: 'the table' }, family: FAMILY },
    changes: false,
    run: (ctx, { table, family }) => checkTable(ctx, table, family),
  }),
  check_chain: call({
    doc: 'Whether a table has a chain.',
    examples: ["tsalt '*' nftables.check_chain filter input"],
    args: { table: TABLE, chain: CHAIN, family: FAMILY },
    changes: false,
    run: (ctx, { table, chain, family }) => checkChain(ctx, table, chain, family),
  }),
  new_table: call({
    doc: 'Make a table.',
    examples: ["tsalt '*' nftables.new_table filter"],
    args: { table: NEEDED, family: FAMILY },
    changes: true,
    async run(ctx, { table, family }) {
      const there = await checkTable(ctx, table, family);
      if (there.result || !table) return there;
      return (await done(ctx, 'add', 'table', familyOf(family), table))
        ? yes(`Table ${table} in family ${family} created`)
        : no(`Table ${table} in family ${family} could not be created`);
    },
  }),
  delete_table: call({
    doc: 'Remove a table with its chains.',
    examples: ["tsalt '*' nftables.delete_table filter"],
    args: { table: NEEDED, family: FAMILY },
    changes: true,
    async run(ctx, { table, family }) {
      const there = await checkTable(ctx, table, family);
      if (!there.result) return there;
      return (await done(ctx, 'delete', 'table', familyOf(family), table))
        ? yes(`Table ${table} in family ${family} deleted`)
        : no(`Table ${table} in family ${family} could not be deleted`);
    },
  }),
  new_chain: call({
    doc: 'Make a chain; with type, hook and priority one that packets come to by themselves.',
    examples: [
      "tsalt '*' nftables.new_chain filter foo",
      "tsalt '*' nftables.new_chain filter input table_type=filter hook=input priority=0",
    ],
    args: {
      table: TABLE,
      chain: CHAIN,
      table_type: { type: 'string', doc: 'filter, nat or route' },
      hook: { type: 'string', doc: 'input, output, forward, ...' },
      priority: { type: 'any', doc: 'its place among chains of that hook' },
      family: FAMILY,
    },
    changes: true,
    async run(ctx, { table, chain, table_type, hook, priority = null, family }) {
      if (!chain) return NO_CHAIN;
      const there = await checkTable(ctx, table, family);
      if (!there.result) return there;
      const where = `Chain ${chain} in table ${table} in family ${family}`;
      if ((await checkChain(ctx, table, chain, family)).result) return no(`${where} already exists`);
      const isBase = Boolean(table_type || hook || priority);
      if (isBase && (!table_type || !hook || priority === null)) return no('Table_type, hook, and priority required.');
      const base = isBase ? [`{ type ${table_type} hook ${hook} priority ${String(priority)}; }`] : [];
      return (await done(ctx, '--', 'add', 'chain', familyOf(family), table, chain, ...base))
        ? yes(`${where} created`)
        : no(`${where} could not be created`);
    },
  }),
  delete_chain: call({
    doc: 'Remove a chain that no rule leads to.',
    examples: ["tsalt '*' nftables.delete_chain filter foo"],
    args: { table: TABLE, chain: CHAIN, family: FAMILY },
    changes: true,
    async run(ctx, { table, chain, family }) {
      if (!chain) return NO_CHAIN;
      const why = await missingChain(ctx, table, chain, family);
      if (why !== undefined) return why;
      const where = `Chain ${chain} in table ${table} in family ${family}`;
      return (await done(ctx, 'delete', 'chain', familyOf(family), table, chain))
        ? yes(`${where} deleted`)
        : no(`${where} could not be deleted`);
    },
  }),
  flush: call({
    doc: 'Remove all rules of a chain, or of all chains of a table.',
    examples: ["tsalt '*' nftables.flush filter", "tsalt '*' nftables.flush filter input"],
    args: { table: TABLE, chain: { ...CHAIN, default: '' }, family: FAMILY },
    changes: true,
    async run(ctx, { table, chain, family }) {
      const there = await checkTable(ctx, table, family);
      if (!there.result) return there;
      const link = chain === '' ? there : await checkChain(ctx, table, chain, family);
      if (!link.result) return link;
      const what = chain === '' ? ['table', familyOf(family), table] : ['chain', familyOf(family), table, chain];
      const where = `${chain === '' ? '' : `chain ${chain} in `}table ${table} in family ${family}.`;
      return (await done(ctx, 'flush', ...what)) ? yes(`Flushed rules from ${where}`) : no(`Failed to flush rules from ${where}`);
    },
  }),
  get_policy: call({
    doc: 'What becomes of packets that no rule of a chain decides on; None if there is no such chain.',
    examples: ["tsalt '*' nftables.get_policy filter input"],
    args: { table: TABLE, chain: CHAIN, family: FAMILY },
    changes: false,
    async run(ctx, { table, chain, family }) {
      if (!chain) return 'Error: Chain needs to be specified';
      return (await chainOf(ctx, table, chain, family))?.policy ?? null;
    },
  }),
  set_policy: call({
    doc: 'Set what becomes of packets that no rule of a chain decides on. False if packets do not come to it by themselves.',
    examples: ["tsalt '*' nftables.set_policy filter input accept"],
    args: { table: TABLE, chain: CHAIN, policy: { type: 'string', doc: 'accept or drop' }, family: FAMILY },
    changes: true,
    async run(ctx, { table, chain, policy, family }) {
      if (!chain) return 'Error: Chain needs to be specified';
      if (!policy) return 'Error: Policy needs to be specified';
      const { type, hook, prio } = (await chainOf(ctx, table, chain, family)) ?? {};
      if (type === undefined || hook === undefined || prio === undefined) return false;
      const base = `{ type ${type} hook ${hook} priority ${prio}; policy ${policy}; }`;
      return await done(ctx, 'add', 'chain', familyOf(family), table, chain, base);
    },
  }),
};

interface Chain {
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly prio?: number;
  readonly policy?: string;
}
async function chainOf(ctx: Parameters<typeof listJson>[0], table: string, chain: string, family: string): Promise<Chain | undefined> {
  const listed = await listJson(ctx, 'list', 'ruleset', familyOf(family));
  const chains = listed.flatMap((item) => (item['chain'] === undefined ? [] : [item['chain'] as unknown as Chain]));
  return chains.find((one) => one.table === table && one.name === chain);
}
