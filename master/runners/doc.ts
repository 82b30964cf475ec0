import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { RunEvent, RunRequest } from '../client/contract.ts';

export interface DocRunnerParts {
  /** Documentation of all runners by function. */
  readonly runners: () => Promise<Record<string, string>>;
  readonly run: (request: RunRequest) => AsyncIterable<RunEvent>;
}

/** Documentation as the functions themselves hold it (Salt's runner `doc`). */
export const docRunner = ({ runners, run }: DocRunnerParts): ExecModule =>
  execModule({
    name: 'doc',
    doc: 'Documentation of functions.',
    calls: {
      runner: call({
        doc: 'Show the documentation of all runners.',
        examples: ['tsalt-run doc.runner'],
        args: {},
        changes: false,
        run: async () => await runners(),
      }),
      execution: call({
        doc: 'Show the documentation of all functions that any minion has.',
        examples: ['tsalt-run doc.execution'],
        args: {},
        changes: false,
        run: async () => {
          const docs: Record<string, Returnable> = Object.create(null);
          for await (const event of run({ target: { kind: 'glob', expression: '*' }, fun: 'sys.doc', args: [] })) {
            if (event.kind !== 'return') continue;
            const value = event.value instanceof Packed ? decode(event.value.bytes) : event.value;
            if (typeof value === 'object' && value !== null) Object.assign(docs, value);
          }
          return docs;
        },
      }),
    },
  });
