import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { type Told, tell } from './told.ts';

/** A rule of a state: `options` are those of nftables.build_rule, with the table, the chain, and `save`. */
export interface Rule {
  readonly name: string;
  readonly family: string;
  readonly options: Readonly<Record<string, Returnable>>;
}

/** Where a rule is; without a chain there is none. */
interface Place {
  readonly table: Returnable;
  readonly chain: Returnable;
  readonly text: string;
}
async function placeOf(ctx: StateCtx, { family, options }: Rule): Promise<Place> {
  const { rule } = (await ctx.call('nftables.build_rule', [], { ...options, family })) as { readonly rule: string };
  return { table: options['table'] ?? 'filter', chain: options['chain'] ?? null, text: rule };
}

const save = async (ctx: StateCtx, { family, options }: Rule): Promise<boolean> => {
  if (!options['save']) return false;
  await ctx.call('nftables.save', [], { filename: null, family });
  return true;
};

/** What is told of a rule that was set; with what nft complained of when it was not. */
async function afterwards(ctx: StateCtx, rule: Rule, command: string, done: Told, failure: string): Promise<Outcome> {
  if (!done.result) return failed(failure);
  const how = (await save(ctx, rule)) ? 'Set and Saved' : 'Set';
  return inOrder(`${how} nftables rule for ${rule.name} to: ${command} for ${rule.family}`, { locale: rule.name });
}

/** A rule that a chain has, at its end if it is new. */
export async function append(ctx: StateCtx, rule: Rule): Promise<Verdict> {
  const { name, family } = rule;
  const { table, chain, text } = await placeOf(ctx, rule);
  if ((await tell(ctx, 'check', [table, chain, text, family])).result)
    return inOrder(`nftables rule for ${name} already set (${text}) for ${family}`);
  return plan(`nftables rule for ${name} needs to be set (${text}) for ${family}`, async () => {
    const done = await tell(ctx, 'append', [table, chain, text, family]);
    const failure = `Failed to set nftables rule for ${name}.\nAttempted rule was ${text} for ${family}.\n${done.comment}`;
    return afterwards(ctx, rule, text, done, failure);
  });
}

/** A rule that a chain has, before another one if it is new. */
export async function insert(ctx: StateCtx, rule: Rule): Promise<Verdict> {
  const { name, family, options } = rule;
  const { table, chain, text } = await placeOf(ctx, rule);
  if ((await tell(ctx, 'check', [table, chain, text, family])).result)
    return inOrder(`nftables rule for ${name} already set for ${family} (${text})`);
  return plan(`nftables rule for ${name} needs to be set for ${family} (${text})`, async () => {
    const done = await tell(ctx, 'insert', [table, chain, options['position'] ?? null, text, family]);
    return afterwards(ctx, rule, text, done, `Failed to set nftables rule for ${name}.\nAttempted rule was ${text}`);
  });
}

/** Whether a chain has a rule of that handle. */
async function hasHandle(ctx: StateCtx, { table, chain }: Place, handle: string, family: string): Promise<boolean> {
  const listed = (await ctx.call('nftables.get_rules_json', [family])) as readonly Readonly<Record<string, Returnable>>[];
  const rules = listed.map((item) => item['rule'] as Readonly<Record<string, Returnable>> | undefined);
  return rules.some((rule) => rule?.['table'] === table && rule['chain'] === chain && shown(rule['handle'] ?? null) === handle);
}

/** A rule that a chain does not have: by itself, or by its handle. */
export async function remove(ctx: StateCtx, rule: Rule): Promise<Verdict> {
  const { name, family, options } = rule;
  const place = await placeOf(ctx, rule);
  const { table, chain, text } = place;
  const position = options['position'] ?? null;
  const isThere =
    position === null
      ? (await tell(ctx, 'check', [table, chain, text, family])).result
      : await hasHandle(ctx, place, shown(position), family);
  if (!isThere) return inOrder(`nftables rule for ${name} already absent for ${family} (${text})`);
  return plan(`nftables rule for ${name} needs to be deleted for ${family} (${text})`, async () => {
    const what = position === null ? { rule: text } : { position };
    const done = await tell(ctx, 'delete', [table, chain], { family, ...what });
    if (!done.result) return failed(`Failed to delete nftables rule for ${name}.\nAttempted rule was ${text}`);
    const comment = (await save(ctx, rule))
      ? `Deleted and Saved nftables rule for ${name} for ${text}${family}`
      : `Delete nftables rule for ${name} ${text}`;
    return inOrder(comment, { locale: name });
  });
}
