import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Target } from '../client/contract.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Mine } from '../mine/mine.ts';
import type { StateStore } from '../state/sqlite.ts';

const TARGET = {
  tgt: { type: 'any', doc: 'which minions', default: '*' },
  tgt_type: { type: 'string', doc: 'how the target is meant', default: 'glob' },
} as const;

/** To forget needs a target: nothing is forgotten by leaving out a word. */
const NAMED = { tgt: { type: 'any', doc: 'which minions' }, tgt_type: TARGET.tgt_type } as const;

/** What the master keeps of its minions (Salt's runner `cache`). */
export const cacheRunner = (fleet: Fleet, mine: Mine, state: StateStore): ExecModule => {
  const each = (
    args: { readonly tgt: Returnable; readonly tgt_type: string },
    read: (id: string) => unknown,
  ): Record<string, Returnable> => {
    const target = { kind: args.tgt_type, expression: args.tgt as Target['expression'] };
    return Object.fromEntries(fleet.match(target).minions.map((id) => [id, read(id) as Returnable]));
  };
  const clear =
    (banks: readonly string[]) =>
    (args: { readonly tgt: Returnable | undefined; readonly tgt_type: string }): boolean => {
      if (args.tgt === undefined || args.tgt === null) return false;
      const ids = Object.keys(each({ ...args, tgt: args.tgt }, () => null));
      for (const id of ids) for (const bank of banks) state.delete(bank, id);
      return ids.length > 0;
    };
  const reading = (name: string, doc: string, read: (id: string) => unknown) =>
    call({ doc, examples: [`tsalt-run cache.${name} tgt='web*'`], args: TARGET, changes: false, run: (_ctx, args) => each(args, read) });
  const clearing = (name: string, doc: string, banks: readonly string[]) => {
    const forget = clear(banks);
    return call({ doc, examples: [`tsalt-run cache.${name} tgt='web*'`], args: NAMED, changes: true, run: (_ctx, args) => forget(args) });
  };
  return execModule({
    name: 'cache',
    doc: 'Data of minions that the master keeps for targeting and the mine.',
    calls: {
      grains: reading('grains', 'Show the cached grains of minions.', (id) => fleet.grains(id)),
      pillar: reading('pillar', 'Show the cached pillar of minions.', (id) => fleet.pillar(id)),
      mine: reading('mine', 'Show the mine data of minions.', (id) => state.get('mine', id) ?? {}),
      clear_grains: clearing('clear_grains', 'Forget cached grains.', ['grains']),
      clear_pillar: clearing('clear_pillar', 'Forget cached pillar.', ['pillar']),
      clear_mine: clearing('clear_mine', 'Forget mine data.', ['mine']),
      clear_all: clearing('clear_all', 'Forget grains, pillar and mine data.', ['grains', 'pillar', 'mine']),
      clear_mine_func: call({
        doc: 'Forget the mine data of one function.',
        examples: ["tsalt-run cache.clear_mine_func tgt='*' clear_mine_func_flag=network.interfaces"],
        args: { ...TARGET, clear_mine_func_flag: { type: 'string', required: true, doc: 'the function' } },
        changes: true,
        run: (_ctx, args) => {
          for (const id of Object.keys(each(args, () => null))) mine.delete(id, args.clear_mine_func_flag);
          return true;
        },
      }),
    },
  });
};
