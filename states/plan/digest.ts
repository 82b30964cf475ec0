import { createHash } from 'node:crypto';
import { Tuple } from '../../kernel/render/python/value.ts';
import { Float } from '../../protocol/wire/float.ts';

/**
 * What a dry run foresaw, by the tag of each state and in their order: a digest of what is asked for (the low chunk;
 * `-` where only the result is known) and one of what would be done (the result and its changes), with a dot between.
 */
export type Digests = Readonly<Record<string, string>>;

/** A digest for one state. */
export function digestOf(chunk: unknown, result: unknown, changes: unknown): string {
  return `${chunk === undefined ? '-' : short(chunk)}.${short([result, changes])}`;
}

/** Of all states together. */
export const hashOf = (digests: Digests): string => hex(JSON.stringify(Object.entries(digests)));

const short = (value: unknown): string => hex(canonical(value)).slice(0, 32);
const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A text for each value: the same for equal ones, whatever the order of their keys. */
function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : `f${value}`;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Float) return `f${value.value}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('base64')}`;
  if (value instanceof Tuple) return canonical(value.items);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const pairs = value instanceof Map ? [...value] : Object.entries(value);
  const texts = pairs.map(([key, item]) => `${canonical(key)}:${canonical(item)}`);
  return `{${texts.sort().join()}}`;
}

/** What is not as it was planned, one sentence for each state; empty when all is. */
export function differences(planned: Digests, now: Digests): string[] {
  const found: string[] = [];
  for (const [tag, digest] of Object.entries(now)) {
    const before = planned[tag];
    if (before === undefined) found.push(`${nameOf(tag)} is new`);
    else if (before !== digest) found.push(`${nameOf(tag)} ${changeOf(before, digest)}`);
  }
  for (const tag of Object.keys(planned)) if (!(tag in now)) found.push(`${nameOf(tag)} is gone`);
  const moved = found.length === 0 && Object.keys(planned).join() !== Object.keys(now).join();
  return moved ? ['the states come in another order'] : found;
}

function changeOf(before: string, now: string): string {
  const asksOther = before.split('.')[0] !== now.split('.')[0];
  return asksOther ? 'is defined otherwise' : 'would do something else';
}

/** `nginx (pkg.installed)`; with the name where it is not the id. */
function nameOf(tag: string): string {
  const [state = '', id = '', name = '', fun = ''] = tag.split('_|-');
  return `${id} (${state}.${fun}${name === id ? '' : ` ${name}`})`;
}

/** The sentences of a refusal: what came of applying a plan that is no longer what would be done. */
export const refusalText = (reasons: readonly string[]): string =>
  ['Nothing was applied: what was planned is not what would be done now.', ...reasons].join('\n');

/** A refusal as the result of a state, which is how it is shown: by its tag. */
export const refusal = (id: string, reasons: readonly string[]) => ({
  tag: `state_|-${id}_|-${id}_|-apply_plan`,
  result: { name: id, result: false as const, changes: {}, comment: refusalText(reasons), __run_num__: 0, __id__: id, __sls__: null },
});
