import type { Returnable } from '../../../modules/define.ts';
import { state, stateModule } from '../../define.ts';
import { plan } from '../machine/words.ts';
import { chainAbsent, chainPresent, flush, setPolicy } from './chains.ts';
import { APPEND, bring, DELETE, FAMILY, INSERT, type Kind, TABLE } from './rules.ts';
import { bringAll } from './several.ts';

const NAME = { type: 'string', required: true, doc: 'a name for it' } as const;
const CHAIN = { name: { ...NAME, doc: 'the chain' }, table: TABLE, family: FAMILY } as const;
const ARGS = { name: NAME, table: TABLE, family: FAMILY } as const;

const ofRule = (kind: Kind, doc: string, examples: readonly string[] = []) =>
  state({
    doc,
    examples,
    args: ARGS,
    extra: 'chain, the options of iptables.build_rule, and `save`; or `rules`, a list of such',
    check: async (ctx, { name, table, family }) => {
      const { extra } = ctx;
      const rules = extra['rules'] as readonly Readonly<Record<string, Returnable>>[] | undefined;
      const act = () =>
        rules === undefined ? bring(ctx, kind, { name, table, family, options: extra }) : bringAll(ctx, kind, rules, family);
      return ctx.testing ? await act() : plan('', act);
    },
  });

/** Rules of the packet filter. */
export default stateModule({
  name: 'iptables',
  doc: 'Rules of the packet filter, by iptables and ip6tables.',
  serves: (host) => host.which('iptables') !== undefined || 'iptables module could not be loaded',
  states: {
    chain_present: state({ doc: 'A chain that is there.', args: CHAIN, check: chainPresent }),
    chain_absent: state({ doc: 'A chain that is not there.', args: CHAIN, check: chainAbsent }),
    append: ofRule(APPEND, 'A rule that a chain has, at its end if it is new.', [
      'httpd:\n  iptables.append:\n    - chain: INPUT\n    - proto: tcp\n    - dport: 80\n    - jump: ACCEPT\n    - save: True',
    ]),
    insert: ofRule(INSERT, 'A rule that a chain has, at a position if it is new.'),
    delete: ofRule(DELETE, 'A rule that a chain does not have.'),
    set_policy: state({
      doc: 'The policy of a chain.',
      args: ARGS,
      extra: 'chain, policy, save',
      check: async (ctx, args) =>
        await setPolicy(ctx, { ...args, chain: ctx.extra['chain'], policy: ctx.extra['policy'], save: ctx.extra['save'] }),
    }),
    flush: state({
      doc: 'No rules in a chain, or in all chains of a table.',
      args: ARGS,
      extra: 'chain',
      check: async (ctx, args) => flush(ctx, args, String(ctx.extra['chain'] ?? '')),
    }),
  },
});
