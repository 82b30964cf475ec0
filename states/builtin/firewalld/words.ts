import type { Returnable } from '../../../modules/define.ts';
import type { Changes } from '../../define.ts';
import { shown } from '../accounts/words.ts';

/** Changes as Salt's outputter `nested` writes them: maps with lines above them, lists with dashes. */
export function nested(value: Returnable, indent = 0, lead = ''): string[] {
  const at = ' '.repeat(indent);
  if (Array.isArray(value))
    return value.flatMap((item: Returnable) => (isMap(item) ? [`${at}|_`, ...nested(item, indent + 2)] : nested(item, indent, '- ')));
  if (value === '') return [];
  if (!isMap(value)) return [`${at}${lead}${shown(value)}`];
  const keys = Object.keys(value).sort();
  return [
    ...(indent > 0 ? [`${at}----------`] : []),
    ...keys.flatMap((key) => [`${at}${key}:`, ...nested(value[key] ?? null, indent + 4)]),
  ];
}

const isMap = (value: Returnable): value is Changes =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);

/** Attributes of a rich rule in double quotes, as firewalld shows them: `port=22` becomes `port="22"`. */
export const normalizedRule = (rule: string): string => rule.split(' ').map(normalizedWord).join(' ').trimStart();

function normalizedWord(word: string): string {
  const equals = word.indexOf('=');
  if (equals < 0) return word;
  const value = word.slice(equals + 1);
  if (value.startsWith('"') || value.endsWith('"')) return word;
  const bare = /^'.*'$/.test(value) ? value.slice(1, -1) : value;
  return `${word.slice(0, equals)}="${bare}"`;
}
