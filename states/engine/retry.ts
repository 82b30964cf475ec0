import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';

export interface Retry {
  readonly until: boolean;
  readonly attempts: number;
  /** Seconds. */
  readonly interval: number;
  readonly splay: number;
}
const USUAL: Retry = { until: true, attempts: 2, interval: 30, splay: 0 };

/** `retry` of a state: true, or a map of which values of a wrong type count as not given. */
export function retryOf(wanted: Data): Retry {
  if (wanted === false) return { ...USUAL, attempts: 0 };
  if (!isDict(wanted)) return USUAL;
  const given = wanted as Dict;
  const number = (key: keyof Retry): number => {
    const value = given.get(key);
    return typeof value === 'number' && Number.isInteger(value) ? value : Number(USUAL[key]);
  };
  const until = given.get('until');
  return {
    until: typeof until === 'boolean' ? until : true,
    attempts: number('attempts'),
    interval: number('interval'),
    splay: number('splay'),
  };
}

export const pythonWord = (value: boolean | null): string => (value === null ? 'None' : value ? 'True' : 'False');
