import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import { isTree, isTruthy, type Tree } from '../path.ts';

/** What came of handing an entry to other minions: who took it, or the answer that says why it did not work. */
export type HandedOver = { readonly minions: readonly string[] } | { readonly answer: Tree };

/** Has other minions add an entry, by `publish.publish`. */
export async function handOver(ctx: Ctx, item: Tree, target: Returnable): Promise<HandedOver> {
  const words = Object.entries(item).map(([key, value]) => `${key}=${str(fromPlain(value))}`);
  const answers = await ctx.call('publish.publish', [target, 'schedule.add', words]);
  const minions = isTree(answers) ? Object.entries(answers) : [];
  if (minions.length === 0) return { answer: { comment: 'no servers answered the published schedule.add command', result: true } };
  const failed = minions.filter(([, answer]) => !isTruthy(answer)).map(([id]) => id);
  if (failed.length > 0) return { answer: { comment: 'the following minions return False', minions: failed, result: true } };
  return { minions: minions.map(([id]) => id) };
}
