import { words } from '../words.ts';
import { Status } from './basics.tsx';
import { Value } from './value.tsx';

export interface StateResult {
  readonly id: string;
  readonly name: string;
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes: unknown;
  readonly duration: number | undefined;
  readonly order: number;
}

/** The results of states by their tags (`file_|-id_|-name_|-managed`), or undefined when this is something else. */
export function statesOf(value: unknown): StateResult[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([tag]) => tag.split('_|-').length === 4)) return undefined;
  return entries
    .map(([tag, raw]) => resultOf(tag, raw as Record<string, unknown>))
    .sort((a, b) => weight(a) - weight(b) || a.order - b.order);
}

function resultOf(tag: string, raw: Record<string, unknown>): StateResult {
  const [module = '', id = '', , fun = ''] = tag.split('_|-');
  const { result, comment, changes, duration, __run_num__ } = raw;
  return {
    id: String(raw['__id__'] ?? id),
    name: `${module}.${fun}`,
    result: result === true || result === false ? result : null,
    comment: String(comment ?? ''),
    changes: changes ?? {},
    duration: typeof duration === 'number' ? duration : undefined,
    order: typeof __run_num__ === 'number' ? __run_num__ : 0,
  };
}

/** Failures first, then changes, then the rest. */
const weight = (state: StateResult): number => (state.result === false ? 0 : hasChanges(state) ? 1 : 2);
export const hasChanges = ({ changes }: Pick<StateResult, 'changes'>): boolean =>
  typeof changes === 'object' && changes !== null && Object.keys(changes).length > 0;

export const StateDots = ({ states }: { states: readonly Pick<StateResult, 'result' | 'changes' | 'id'>[] }) => (
  <span class="dots" title={words.states.dots(states.length)}>
    {states.slice(0, 120).map((state, i) => (
      // They are in the order in which they ran
      <i key={i} class={state.result === false ? 'bad' : hasChanges(state) ? 'changed' : ''} title={state.id} />
    ))}
  </span>
);

export const States = ({ of }: { of: readonly StateResult[] }) => (
  <div class="stack tight">
    {of.map((state) => (
      <details key={`${state.order} ${state.name} ${state.id}`} open={state.result === false || hasChanges(state)}>
        <summary>
          <Status
            mark={state.result === false ? 'error' : state.result === null ? 'warning' : 'ok'}
            text={
              <>
                <b>{state.id}</b> <span class="soft mono">{state.name}</span>{' '}
                {hasChanges(state) && <span class="tag">{state.result === null ? words.states.would : words.states.changed}</span>}
              </>
            }
          />
        </summary>
        <div class="value inner">
          <p>{state.comment}</p>
          {hasChanges(state) && <Changes of={state.changes} />}
        </div>
      </details>
    ))}
  </div>
);

/** What changed: a diff in colour, else the tree. */
export const Changes = ({ of }: { of: unknown }) => {
  const diff = typeof of === 'object' && of !== null ? (of as Record<string, unknown>)['diff'] : undefined;
  return typeof diff === 'string' ? <Diff of={diff} /> : <Value of={of} />;
};

const Diff = ({ of }: { of: string }) => (
  <div class="diff">
    {of.split('\n').map((line, i) => (
      // Lines have no other name
      <div key={i} class={line.startsWith('+') ? 'plus' : line.startsWith('-') ? 'minus' : ''}>
        {line}
      </div>
    ))}
  </div>
);
