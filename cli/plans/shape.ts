import { at, entriesOf } from '../output/values.ts';

/** A plan as the master's runner answers it; the rest is for `--out=json`. */
export interface PlanShape {
  readonly id: string;
  readonly expires: string | undefined;
  readonly minions: readonly PartShape[];
}

export interface PartShape {
  readonly minion: string;
  readonly state: string;
  readonly note: string;
  readonly states: unknown;
  readonly counts: readonly (readonly [name: string, count: number])[];
}

export function planShape(value: unknown): PlanShape {
  const expires = at(value, 'expires');
  return {
    id: String(at(value, 'id')),
    expires: typeof expires === 'string' ? expires : undefined,
    minions: entriesOf(at(value, 'minions')).map(([minion, part]) => ({
      minion: String(minion),
      state: String(at(part, 'state')),
      note: String(at(part, 'note') ?? ''),
      states: at(part, 'states'),
      counts: entriesOf(at(part, 'summary')).map(([name, count]) => [String(name), Number(count)] as const),
    })),
  };
}

const PHRASES: Readonly<Record<string, string>> = { add: 'to add', change: 'to change', fail: 'to fail', same: 'as described' };

/** `web1: 1 to add, 2 to change, 0 to fail, 12 as described`. */
export function summaryLine({ minion, state, note, counts }: PartShape): string {
  if (state === 'silent') return `${minion}: no answer (${note})`;
  const told = counts.map(([name, count]) => `${count} ${PHRASES[name] ?? name}`).join(', ');
  return `${minion}: ${told}${state === 'planned' || state === 'failed' ? '' : ` (${state})`}`;
}
