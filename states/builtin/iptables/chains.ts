import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { fileOf } from './rules.ts';

/** A chain, or a state about a table, as it is named. */
interface Named {
  readonly name: string;
  readonly table: string;
  readonly family: string;
}

export async function chainPresent(ctx: StateCtx, { name, table, family }: Named): Promise<Verdict> {
  if ((await ctx.call('iptables.check_chain', [table, name, family])) === true)
    return inOrder(`iptables ${name} chain is already exist in ${table} table for ${family}`);
  return plan(`iptables ${name} chain in ${table} table needs to be set for ${family}`, async () => {
    const came = await ctx.call('iptables.new_chain', [table, name, family]);
    if (came === true) return inOrder(`iptables ${name} chain in ${table} table create success for ${family}`, { locale: name });
    return failed(`Failed to create ${name} chain in ${table} table: ${shown(came).trim()} for ${family}`);
  });
}

export async function chainAbsent(ctx: StateCtx, { name, table, family }: Named): Promise<Verdict> {
  if (!(await ctx.call('iptables.check_chain', [table, name, family])))
    return inOrder(`iptables ${name} chain is already absent in ${table} table for ${family}`);
  return plan(`iptables ${name} chain in ${table} table needs to be removed ${family}`, async () => {
    const left = await ctx.call('iptables.flush', [table, name, family]);
    if (left) return failed(`Failed to flush ${name} chain in ${table} table: ${shown(left).trim()} for ${family}`);
    const came = await ctx.call('iptables.delete_chain', [table, name, family]);
    if (came === true) return inOrder(`iptables ${name} chain in ${table} table delete success for ${family}`, { locale: name });
    return failed(`Failed to delete ${name} chain in ${table} table: ${shown(came).trim()} for ${family}`);
  });
}

export async function setPolicy(
  ctx: StateCtx,
  { name, table, family, chain, policy, save }: Named & Readonly<Record<'chain' | 'policy' | 'save', Returnable | undefined>>,
): Promise<Verdict> {
  if (chain === undefined || policy === undefined) throw new Error('iptables.set_policy needs a chain and a policy');
  const [link, wanted] = [shown(chain), shown(policy)];
  const subject = `iptables default policy for chain ${link} on table ${table} for ${family}`;
  if ((await ctx.call('iptables.get_policy', [table, chain, family])) === policy) return inOrder(`${subject} already set to ${wanted}`);
  return plan(`${subject} needs to be set to ${wanted}`, async (): Promise<Outcome> => {
    if (await ctx.call('iptables.set_policy', [table, chain, policy, family])) return failed('Failed to set iptables default policy');
    if (save) await ctx.call('iptables.save', [], { filename: fileOf(save), family });
    return inOrder(`${save ? 'Set and saved' : 'Set'} default policy for ${link} to ${wanted} family ${family}`, { locale: name });
  });
}

export function flush(ctx: StateCtx, { name, table, family }: Named, chain: string): Verdict {
  return plan(`iptables rules in ${name} table ${table} chain ${family} family needs to be flushed`, async () => {
    if (await ctx.call('iptables.flush', [table, chain, family])) return failed('Failed to flush iptables rules');
    return inOrder(`Flush iptables rules in ${table} table ${chain} chain ${family} family`, { locale: name });
  });
}
