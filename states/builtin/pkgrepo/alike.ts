import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';
import { family, isDebian, isTrueWord, type Repo, textOf } from './words.ts';

/** Whether a repository is as wished. `given` are the arguments of the state. */
export function isAlike(ctx: StateCtx, wished: Repo, there: Repo, given: Repo): boolean {
  return Object.keys(wished)
    .filter((key) => key !== 'file')
    .every((key) => (key in there ? same(ctx, key, { wished, there, given }) : needless(ctx, key, wished[key] ?? null)));
}

/** What a repository does not say, and need not. */
function needless(ctx: StateCtx, key: string, value: Returnable): boolean {
  if (key === 'enabled') return family(ctx) === 'RedHat' && isTrueWord(value);
  return key !== 'comps' && key !== 'key_url';
}

interface Both {
  readonly wished: Repo;
  readonly there: Repo;
  readonly given: Repo;
}

function same(ctx: StateCtx, key: string, { wished, there, given }: Both): boolean {
  const [one, other] = [wished[key] ?? null, there[key] ?? null];
  if (key === 'comps' || key === 'key_url') return sorted(one) === sorted(other);
  if (key === 'line' && isDebian(ctx)) return wished['disabled'] === true || sameLine(textOf(one), textOf(other), given['comments']);
  if (key === 'comments' && family(ctx) === 'RedHat') return commentText(one) === commentText(other);
  if (key === 'architectures' && Array.isArray(one) && one.length > 0) return setText(one) === setText(other);
  const words = ['RedHat', 'Suse'].includes(family(ctx)) && (typeof one === 'boolean' || typeof other === 'boolean');
  return words ? isTrueWord(one) === isTrueWord(other) : textOf(one) === textOf(other);
}

const items = (value: Returnable): string[] => (Array.isArray(value) ? value.map(textOf) : [...textOf(value)]);
const sorted = (value: Returnable): string => JSON.stringify(items(value).sort());
const setText = (value: Returnable): string => JSON.stringify([...new Set(items(value))].sort());

const commentText = (value: Returnable): string =>
  [value]
    .flat()
    .map((line) => textOf(line as Returnable).trim())
    .join('\n');

/** The order of options and components does not count. */
function sameLine(wished: string, there: string, comments: Returnable | undefined): boolean {
  const [entry = '', ...rest] = there.split('#');
  const words = (text: string): string => {
    const split = text.split(/\s+/).filter((word) => word !== '');
    return [...split.slice(0, 3), ...split.slice(3).sort()].join(' ');
  };
  if (words(wished) !== words(entry)) return false;
  if (comments === undefined) return true;
  const wanted = [comments].flat().map((one) => textOf(one as Returnable));
  return rest.join('#').trim() === wanted.join(' ').trim();
}
