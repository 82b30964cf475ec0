import type { Message } from '../../../protocol/suites/suite.ts';
import { exactKind, mayRun } from '../../access/peers.ts';
import type { Mine } from '../../mine/mine.ts';
import { answered, wantedFunctions } from '../../mine/wanted.ts';
import { type Command, mapIn, textIn, textsIn } from '../command.ts';

/**
 * The mine's requests (wire-protocol section 7). `rules`: the option `mine_get`, of the form of `peer_run`; null lets
 * everyone read. Pillar is matched literally, so that no minion finds out that of others.
 */
export const mineCommands = (mine: Mine, rules: () => unknown): readonly Command[] => [
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
      const wanted = wantedFunctions(load['fun']);
      if (target === undefined || wanted === undefined) return {};
      const funs = rules() === null ? wanted.funs : wanted.funs.filter((fun) => mayRun(rules(), minion, fun));
      const answers = mine.get({ ...target, kind: exactKind(target.kind) }, funs, minion);
      return answered(answers, wanted);
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
