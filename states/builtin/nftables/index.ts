import { type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { chainAbsent, chainPresent, flush, setPolicy, tableAbsent, tablePresent } from './chains.ts';
import { append, insert, type Rule, remove } from './rules.ts';

const NAME = { type: 'string', required: true, doc: 'a name for it' } as const;
const TABLE = { type: 'string', default: 'filter', doc: 'the table' } as const;
const FAMILY = { type: 'string', default: 'ipv4', doc: 'ipv4, ipv6, inet, arp, bridge or netdev' } as const;
const CHAIN = { name: { ...NAME, doc: 'the chain' }, table: TABLE, family: FAMILY } as const;
const BASE = {
  table_type: { type: 'string', doc: 'filter, nat or route' },
  hook: { type: 'string', doc: 'input, output, forward, ...' },
  priority: { type: 'any', doc: 'its place among chains of that hook' },
} as const;

const ofRule = (bring: (ctx: StateCtx, rule: Rule) => Promise<Verdict>, doc: string, examples: readonly string[] = []) =>
  state({
    doc,
    examples,
    args: { name: NAME, family: FAMILY },
    extra: 'table, chain, position, the options of nftables.build_rule, and `save`',
    check: (ctx, { name, family }) => bring(ctx, { name, family, options: ctx.extra }),
  });

/** Rules of the packet filter, by nft. */
export default stateModule({
  name: 'nftables',
  doc: 'Rules of the packet filter, by nft.',
  serves: (host) => host.which('nft') !== undefined || 'nftables module could not be loaded',
  states: {
    table_present: state({
      doc: 'A table that is there.',
      args: { name: { ...NAME, doc: 'the table' }, family: FAMILY },
      extra: 'not used',
      check: tablePresent,
    }),
    table_absent: state({
      doc: 'A table that is not there.',
      args: { name: { ...NAME, doc: 'the table' }, family: FAMILY },
      extra: 'not used',
      check: tableAbsent,
    }),
    chain_present: state({
      doc: 'A chain that is there; with type, hook and priority packets come to it by themselves.',
      args: { name: CHAIN.name, table: TABLE, ...BASE, family: FAMILY },
      check: chainPresent,
    }),
    chain_absent: state({ doc: 'A chain that is not there.', args: CHAIN, check: chainAbsent }),
    append: ofRule(append, 'A rule that a chain has, at its end if it is new.', [
      'httpd:\n  nftables.append:\n    - table: filter\n    - chain: input\n    - proto: tcp\n    - dport: 80\n    - jump: accept\n    - save: True',
    ]),
    insert: ofRule(insert, 'A rule that a chain has, before the one at `position` or before all if it is new.'),
    delete: ofRule(remove, 'A rule that a chain does not have: by itself, or by the handle at `position`.'),
    flush: state({
      doc: 'No rules in a chain, or in all chains of a table.',
      args: {
        name: NAME,
        family: FAMILY,
        ignore_absence: { type: 'boolean', default: false, doc: 'it is no failure that there is no such table or chain' },
      },
      extra: 'table, chain',
      check: async (ctx, args) =>
        flush(ctx, { ...args, table: String(ctx.extra['table'] ?? 'filter'), chain: String(ctx.extra['chain'] ?? '') }),
    }),
    set_policy: state({
      doc: 'What becomes of packets that no rule of a chain decides on.',
      args: { name: NAME, table: TABLE, family: FAMILY },
      extra: 'chain, policy, save, save_filename',
      check: (ctx, args) => {
        const { chain, policy, save, save_filename } = ctx.extra;
        return setPolicy(ctx, { ...args, chain, policy, save, save_filename });
      },
    }),
  },
});
