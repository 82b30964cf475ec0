import type { Message } from '../../../protocol/suites/suite.ts';
import type { Mine } from '../../mine/mine.ts';
import { type Command, mapIn, textIn, textsIn } from '../command.ts';

/** The mine's requests (wire-protocol section 7). */
export const mineCommands = (mine: Mine): readonly Command[] => [
  {
    name: '_mine',
    run: (minion, load) => {
      const data = mapIn(load, 'data');
      if (data === undefined) return false;
      mine.put(minion, data, load['clear'] === true);
      return true;
    },
  },
  {
    name: '_mine_get',
    run: (minion, load) => {
      const target = targetIn(load);
      const fun = load['fun'];
      const funs = typeof fun === 'string' ? fun.split(',').map((name) => name.trim()) : (textsIn(load, 'fun') ?? []);
      return target === undefined || funs.length === 0 ? {} : mine.get(target, funs, minion);
    },
  },
  {
    name: '_mine_delete',
    run: (minion, load) => {
      mine.delete(minion, textIn(load, 'fun') ?? '');
      return true;
    },
  },
  {
    name: '_mine_flush',
    run: (minion) => {
      mine.flush(minion);
      return true;
    },
  },
];

/** `tgt` and `tgt_type` of a load as a target. */
export function targetIn(load: Message): { readonly kind: string; readonly expression: string | readonly string[] } | undefined {
  const expression = textIn(load, 'tgt') ?? textsIn(load, 'tgt');
  const kind = textIn(load, 'tgt_type') ?? textIn(load, 'expr_form') ?? 'glob';
  return expression === undefined ? undefined : { kind, expression };
}
