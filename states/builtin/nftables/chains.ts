import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { tell } from './told.ts';

interface Named {
  readonly name: string;
  readonly table: string;
  readonly family: string;
}
interface Base {
  readonly table_type: string | undefined;
  readonly hook: string | undefined;
  readonly priority: Returnable | undefined;
}

export async function chainPresent(ctx: StateCtx, { name, table, family, ...base }: Named & Base): Promise<Verdict> {
  if ((await tell(ctx, 'check_chain', [table, name, family])).result)
    return inOrder(`nftables ${name} chain is already exist in ${table} table for ${family}`);
  return plan(`nftables chain ${name} would be created in table ${table} for family ${family}`, async () => {
    const { table_type = null, hook = null, priority = null } = base;
    const came = await tell(ctx, 'new_chain', [table, name, table_type, hook, priority, family]);
    return came.result
      ? inOrder(`nftables ${name} chain in ${table} table create success for ${family}`, { locale: name })
      : failed(`Failed to create ${name} chain in ${table} table: ${came.comment.trim()} for ${family}`);
  });
}

export async function chainAbsent(ctx: StateCtx, { name, table, family }: Named): Promise<Verdict> {
  if (!(await tell(ctx, 'check_chain', [table, name, family])).result)
    return inOrder(`nftables ${name} chain is already absent in ${table} table for ${family}`);
  return plan(`nftables chain ${name} would be deleted from table ${table} for family ${family}`, async () => {
    const flushed = await tell(ctx, 'flush', [table, name, family]);
    if (!flushed.result) return failed(`Failed to flush ${name} chain in ${table} table: ${flushed.comment.trim()} for ${family}`);
    const came = await tell(ctx, 'delete_chain', [table, name, family]);
    return came.result
      ? inOrder(`nftables ${name} chain in ${table} table delete success for ${family}`, { locale: name })
      : failed(`Failed to delete ${name} chain in ${table} table: ${came.comment.trim()} for ${family}`);
  });
}

type InFamily = Pick<Named, 'name' | 'family'>;

export async function tablePresent(ctx: StateCtx, { name, family }: InFamily): Promise<Verdict> {
  if ((await tell(ctx, 'check_table', [name, family])).result) return inOrder(`nftables table ${name} already exists in family ${family}`);
  return plan(`nftables table ${name} would be created in family ${family}`, async () =>
    (await tell(ctx, 'new_table', [name, family])).result
      ? inOrder(`nftables table ${name} successfully created in family ${family}`, { locale: name })
      : failed(`Failed to create table ${name} for family ${family}`),
  );
}

export async function tableAbsent(ctx: StateCtx, { name, family }: InFamily): Promise<Verdict> {
  if (!(await tell(ctx, 'check_table', [name, family])).result)
    return inOrder(`nftables table ${name} is already absent from family ${family}`);
  return plan(`nftables table ${name} would be deleted from family ${family}`, async () =>
    (await tell(ctx, 'delete_table', [name, family])).result
      ? inOrder(`nftables table ${name} successfully deleted from family ${family}`, { locale: name })
      : failed(`Failed to delete table ${name} from family ${family}`),
  );
}

interface Flush extends Named {
  readonly chain: string;
  readonly ignore_absence: boolean;
}
/** Flushing is done whenever it is asked for: nobody tells whether there is something to flush. */
export function flush(ctx: StateCtx, { name, table, family, chain, ignore_absence }: Flush): Verdict {
  return plan('nftables flush not performed in test mode.', async () => {
    const hasTable = (await tell(ctx, 'check_table', [table, family])).result;
    if (!hasTable && !ignore_absence) return failed(`Failed to flush table ${table} in family ${family}, table does not exist.`);
    const hasChain = chain === '' || (await tell(ctx, 'check_chain', [table, chain, family])).result;
    if (!hasChain && !ignore_absence)
      return failed(`Failed to flush chain ${chain} in table ${table} in family ${family}, chain does not exist.`);
    const isFlushed = !hasTable || !hasChain || (await tell(ctx, 'flush', [table, chain, family])).result;
    return isFlushed
      ? inOrder(`Flush nftables rules in ${table} table ${chain} chain ${family} family`, { locale: name })
      : failed('Failed to flush nftables rules');
  });
}

interface Policy extends Named {
  readonly chain: Returnable | undefined;
  readonly policy: Returnable | undefined;
  readonly save: Returnable | undefined;
  readonly save_filename: Returnable | undefined;
}
export async function setPolicy(ctx: StateCtx, { name, table, family, save, save_filename, ...told }: Policy): Promise<Verdict> {
  if (told.chain === undefined || told.policy === undefined) throw new Error('nftables.set_policy needs a chain and a policy');
  const [chain, policy] = [shown(told.chain), shown(told.policy)];
  const subject = `nftables default policy for chain ${chain} on table ${table} for ${family}`;
  if ((await ctx.call('nftables.get_policy', [table, chain, family])) === policy.toLowerCase())
    return inOrder(`${subject} already set to ${policy}`);
  return plan(`${subject} needs to be set to ${policy}`, async () => {
    if ((await ctx.call('nftables.set_policy', [table, chain, policy.toLowerCase(), family])) !== true)
      return failed('Failed to set nftables default policy');
    if (save) await ctx.call('nftables.save', [], { filename: save_filename ?? null, family });
    return inOrder(`${save ? 'Set and saved' : 'Set'} default policy for ${chain} to ${policy} family ${family}`, { locale: name });
  });
}
