import { useEffect, useState } from 'preact/hooks';
import { preview, runner } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { Group, Target } from '../data/shapes.ts';
import { counted } from '../data/text.ts';
import { words } from '../words.ts';
import { Field, Input, Select, Status, Tags } from './basics.tsx';

const KINDS = [
  'glob',
  'list',
  'nodegroup',
  'grain',
  'compound',
  'pcre',
  'ipcidr',
  'grain_pcre',
  'pillar',
  'pillar_exact',
  'pillar_pcre',
] as const;
const choices = KINDS.map((value) => ({ value, text: words.targets[value] }));

/** Which minions: a kind and an expression, with the names of groups to pick from. */
export function TargetFields({ value, onValue }: { value: Target; onValue: (target: Target) => void }) {
  const groups = useLoad('groups', () => runner<readonly Group[]>('groups.list'));
  const expression = typeof value.expression === 'string' ? value.expression : value.expression.join(',');
  return (
    <div class="pair">
      <Field label={words.run.kind}>
        <Select value={value.kind} choices={choices} onValue={(kind) => onValue({ kind, expression })} />
      </Field>
      <Field label={words.run.expression}>
        <Input
          value={expression}
          mono
          list={value.kind === 'nodegroup' ? 'group-names' : ''}
          placeholder={words.targetHints[value.kind as keyof typeof words.targetHints] ?? ''}
          onValue={(text) => onValue({ kind: value.kind, expression: text })}
        />
        <datalist id="group-names">
          {(groups.value ?? []).map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </Field>
    </div>
  );
}

/** A list is sent as a list. */
export const sent = (target: Target): Target =>
  target.kind === 'list' && typeof target.expression === 'string'
    ? {
        kind: 'list',
        expression: target.expression.split(/[\s,]+/).filter((id) => id !== ''),
      }
    : target;

/** For functions of the master that take a list as text with commas. */
export function flat(target: Target): { readonly kind: string; readonly expression: string } {
  const { kind, expression } = sent(target);
  return { kind, expression: typeof expression === 'string' ? expression : expression.join(',') };
}

interface Reach {
  readonly minions: readonly string[];
  /** Undefined when it is not known. */
  readonly online: number | undefined;
}

async function reachOf(target: Target): Promise<Reach> {
  const { kind, expression } = sent(target);
  if (expression.length === 0) return { minions: [], online: 0 };
  try {
    const { minions, online } = await runner<{ minions: readonly string[]; online: number }>('groups.preview', { ...flat(target) });
    return { minions, online };
  } catch {
    // Whoever may not ask this may still ask the publisher, or be told why not.
    return { minions: await preview({ kind, expression }), online: undefined };
  }
}

/** Who would be reached, told before anything is done. */
export function Reached({ target, onCount }: { target: Target; onCount?: (n: number | undefined) => void }) {
  const settled = useSettled(target, 250);
  const reach = useLoad(JSON.stringify(settled), async () => await reachOf(settled));
  const n = reach.value?.minions.length;
  useEffect(() => onCount?.(n), [n, onCount]);
  if (reach.error !== undefined) return <Status mark="error" text={reach.error.message} />;
  if (reach.value === undefined) return <Status mark="wait" text={words.run.looking} />;
  const { minions, online } = reach.value;
  if (minions.length === 0) return <Status mark="warning" text={words.run.nobody} />;
  const offline = online === undefined ? 0 : minions.length - online;
  return (
    <div class="stack tight" data-reached={minions.length}>
      <div class="actions">
        <Status mark="ok" text={words.run.reached(counted(minions.length), minions.length)} />
        {offline > 0 && <Status mark="warning" text={words.run.offline(counted(offline))} />}
      </div>
      <Tags all of={minions.length > 12 ? [...minions.slice(0, 12), words.run.andMore(counted(minions.length - 12))] : minions} />
    </div>
  );
}

/** The value once it did not change for so many ms. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, set] = useState(value);
  const key = JSON.stringify(value);
  // Equal values count as the same
  useEffect(() => {
    const timer = setTimeout(() => set(value), ms);
    return () => clearTimeout(timer);
  }, [key, ms]);
  return settled;
}
