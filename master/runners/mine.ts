import { CommandFailed, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { RunEvent, RunRequest, Target } from '../client/contract.ts';
import type { Mine } from '../mine/mine.ts';
import { answered, wantedFunctions } from '../mine/wanted.ts';

const TARGET = {
  tgt: { type: 'any', required: true, doc: 'which minions' },
  tgt_type: { type: 'string', doc: 'how the target is meant', default: 'glob' },
} as const;

/** What minions handed in for one another (Salt's runner `mine`). `id`: the master's. */
export const mineRunner = (id: string, mine: Mine, run: (request: RunRequest) => AsyncIterable<RunEvent>): ExecModule =>
  execModule({
    name: 'mine',
    doc: 'What minions handed in for one another.',
    calls: {
      get: call({
        doc: 'Show what minions handed in, by minion; for several functions by function and minion.',
        examples: ["tsalt-run mine.get '*' network.interfaces"],
        args: {
          tgt: TARGET.tgt,
          fun: { type: 'any', required: true, doc: 'the function, or several: a list or comma separated' },
          tgt_type: TARGET.tgt_type,
        },
        changes: false,
        run: (_ctx, { tgt, fun, tgt_type }) => {
          const wanted = wantedFunctions(fun);
          if (wanted === undefined) throw new CommandFailed('no function is named: fun is a name, or a list of names');
          const target = { kind: tgt_type, expression: tgt as Target['expression'] };
          return answered(mine.get(target, wanted.funs, id), wanted) as Returnable;
        },
      }),
      update: call({
        doc: 'Have minions hand in their data anew.',
        examples: ["tsalt-run mine.update '*'", "tsalt-run mine.update 'edges' tgt_type='nodegroup'"],
        args: {
          ...TARGET,
          clear: { type: 'boolean', doc: 'forget what was handed in before', default: false },
          mine_functions: { type: 'any', doc: 'these functions instead of the configured ones' },
        },
        changes: true,
        run: async (_ctx, { tgt, tgt_type, clear, mine_functions }) => {
          const results: Record<string, Returnable> = Object.create(null);
          const request = {
            target: { kind: tgt_type, expression: tgt as Target['expression'] },
            fun: 'mine.update',
            args: [{ clear, mine_functions: mine_functions ?? null, __kwarg__: true }],
          };
          for await (const event of run(request)) {
            if (event.kind !== 'return') continue;
            results[event.minion] = (event.value instanceof Packed ? decode(event.value.bytes) : event.value) as Returnable;
          }
          return results;
        },
      }),
    },
  });
