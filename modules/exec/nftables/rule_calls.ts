import { type Ctx, call, type Returnable } from '../../define.ts';
import { type At, CHAIN, done, FAMILY, familyOf, handleOf, missing, missingChain, NO_CHAIN, NO_RULE, no, RULE, TABLE, yes } from './nft.ts';
import { ruleText } from './rule.ts';

const POSITION = { type: 'any', doc: 'the handle of the rule before which it goes; the first place by default' } as const;

async function add(ctx: Ctx, at: At, position?: Returnable): Promise<Returnable> {
  const { table, chain, rule, family } = at;
  const why = await missing(ctx, at);
  if (why !== undefined) return why;
  if ((await handleOf(ctx, at)) !== undefined)
    return no(`Rule ${rule} chain ${chain} in table ${table} in family ${family} already exists`);
  const verb = position === undefined ? 'add' : 'insert';
  const place = position ? ['position', String(position)] : [];
  return (await done(ctx, verb, 'rule', familyOf(family), table, chain ?? '', ...place, rule ?? ''))
    ? yes(`Added rule "${rule}" chain ${chain} in table ${table} in family ${family}.`)
    : no(`Failed to add rule "${rule}" chain ${chain} in table ${table} in family ${family}.`);
}

interface Whole {
  readonly table?: string | undefined;
  readonly chain?: string | undefined;
  readonly command?: string | undefined;
  readonly position: Returnable;
  readonly family: string;
}
/** The whole command that a rule is made by, or what is missing for it. */
function whole({ table, chain, command, position, family }: Whole, rule: string): Returnable {
  const lacking = Object.entries({ Table: table, Chain: chain, Command: command }).find(([, value]) => !value)?.[0];
  if (lacking !== undefined) return { rule, ...no(`${lacking} needs to be specified`) };
  const verb = /^insert$/i.test(command ?? '') ? 'insert' : command;
  const place = verb === 'insert' && position ? `position ${String(position)} ` : '';
  return { rule: `nft ${verb} rule ${familyOf(family)} ${table} ${chain} ${place}${rule}`, ...yes('Successfully built rule') };
}

/** Rules: what they are, and whether a chain has them. */
export const ruleCalls = {
  build_rule: call({
    doc: 'A rule from options that have the names of those of iptables, or with `full` the whole command.',
    examples: [
      "tsalt '*' nftables.build_rule connstate=related,established jump=accept",
      "tsalt '*' nftables.build_rule filter input command=insert position=3 full=True connstate=related jump=accept",
    ],
    args: {
      table: { type: 'string', doc: 'the table, with `full`' },
      chain: { type: 'string', doc: 'the chain, with `full`' },
      command: { type: 'string', doc: 'add, insert or delete, with `full`' },
      position: { type: 'any', default: '', doc: 'the handle of the rule before which it goes, with `full`' },
      full: { type: 'boolean', doc: 'the whole command' },
      family: FAMILY,
    },
    extra: 'the options: proto, source, dport, connstate, jump, ...',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const rule = ruleText(ctx.extra, args.family);
      if (args.full) return whole(args, rule);
      return { rule, ...yes(rule === '' ? '' : 'Successfully built rule') };
    },
  }),
  check: call({
    doc: 'Whether a chain has a rule.',
    examples: ["tsalt '*' nftables.check filter input rule='tcp dport 22 log accept'"],
    args: { table: TABLE, chain: CHAIN, rule: RULE, family: FAMILY },
    changes: false,
    async run(ctx, at) {
      const why = await missing(ctx, at);
      if (why !== undefined) return why;
      const where = `Rule ${at.rule} in chain ${at.chain} in table ${at.table} in family ${at.family}`;
      return (await handleOf(ctx, at)) === undefined ? no(`${where} does not exist`) : yes(`${where} exists`);
    },
  }),
  get_rule_handle: call({
    doc: 'The number by which nft knows a rule.',
    examples: ["tsalt '*' nftables.get_rule_handle filter input rule='tcp dport 22 log accept'"],
    args: { table: TABLE, chain: CHAIN, rule: RULE, family: FAMILY },
    changes: false,
    async run(ctx, at): Promise<Returnable> {
      const why = await missing(ctx, at);
      if (why !== undefined) return why;
      const handle = await handleOf(ctx, at);
      return handle === undefined
        ? no(`Rule ${at.rule} in chain ${at.chain} in table ${at.table} in family ${at.family} does not exist`)
        : { result: true, handle };
    },
  }),
  append: call({
    doc: 'Put a rule at the end of a chain.',
    examples: ["tsalt '*' nftables.append filter input rule='tcp dport 22 log accept'"],
    args: { table: TABLE, chain: CHAIN, rule: RULE, family: FAMILY },
    changes: true,
    run: (ctx, at) => add(ctx, at),
  }),
  insert: call({
    doc: 'Put a rule into a chain before another one, or before all.',
    examples: ["tsalt '*' nftables.insert filter input position=3 rule='tcp dport 22 log accept'"],
    args: { table: TABLE, chain: CHAIN, position: POSITION, rule: RULE, family: FAMILY },
    changes: true,
    run: (ctx, { position, ...at }) => add(ctx, at, position ?? null),
  }),
  delete: call({
    doc: 'Take a rule out of a chain, by itself or by its handle.',
    examples: [
      "tsalt '*' nftables.delete filter input position=3",
      "tsalt '*' nftables.delete filter input rule='tcp dport 22 log accept'",
    ],
    args: {
      table: { type: 'string', required: true, doc: 'the table' },
      chain: CHAIN,
      position: { type: 'any', doc: 'the handle of the rule' },
      rule: RULE,
      family: FAMILY,
    },
    changes: true,
    async run(ctx, { position, ...at }): Promise<Returnable> {
      const { table, chain, rule, family } = at;
      if (position && rule) return no('Only specify a position or a rule, not both');
      if (!chain) return NO_CHAIN;
      if (!position && !rule) return NO_RULE;
      const why = await missingChain(ctx, table, chain, family);
      if (why !== undefined) return why;
      const handle = position ? String(position) : await handleOf(ctx, at);
      if (handle === undefined) return no(`Rule ${rule} chain ${chain} in table ${table} in family ${family} does not exist`);
      const what = rule ? `"${rule}"` : handle;
      return (await done(ctx, 'delete', 'rule', familyOf(family), table, chain, 'handle', handle))
        ? yes(`Deleted rule ${what} in chain ${chain} in table ${table} in family ${family}.`)
        : no(`Failed to delete rule ${what} in chain ${chain}  table ${table} in family ${family}`);
    },
  }),
};
