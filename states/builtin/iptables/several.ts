import type { Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { bring, fileOf, type Kind } from './rules.ts';

type Options = Readonly<Record<string, Returnable>>;

/** Brings several rules about, and saves them once. What came of the last is what is told. */
export async function bringAll(ctx: StateCtx, kind: Kind, rules: readonly Options[], family: string): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const { rules: _rules, __agg__: _mark, name = '', table = 'filter', family: of = 'ipv4', ...options } of rules) {
    const once = options['save'] ? { ...options, save: false } : options;
    outcomes.push(await bring(ctx, kind, { name: shown(name), table: shown(table), family: shown(of), options: once }));
  }
  const save = rules
    .map(({ save: wanted }) => wanted)
    .filter(Boolean)
    .at(-1);
  if (save && kind.saves) await ctx.call('iptables.save', [], { filename: fileOf(save), family });
  const locale = outcomes.flatMap(({ changes }) => ('locale' in changes ? [changes['locale'] ?? null] : []));
  const comment = outcomes.map((outcome) => outcome.comment).join('\n');
  return { ...inOrder(comment, locale.length > 0 ? { locale } : {}), result: outcomes.at(-1)?.result ?? null };
}
