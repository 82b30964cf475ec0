import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Returnable } from '../../../modules/define.ts';

/** Names as users give them: a list, or text with commas. */
export function namesOf(given: Returnable | undefined): string[] {
  if (Array.isArray(given)) return given.map((name) => str(fromPlain(name)));
  if (given === undefined || given === null) return [];
  const names = str(fromPlain(given)).split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}
