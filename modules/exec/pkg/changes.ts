import { type CommandFailed, PartlyDone } from '../../define.ts';
import type { Versions } from './tool.ts';

export type Changes = Record<string, { readonly old: string; readonly new: string }>;

/** Versions as texts, several of them joined by commas, in the order of names. */
export const asTexts = (versions: Versions): Record<string, string> =>
  Object.fromEntries([...versions].map(([name, all]) => [name, all.join(',')]));

/** What is different after, by name; the keys stand in Salt's order. */
export const changesBetween = (before: Versions, after: Versions): Changes => {
  const [old, now] = [asTexts(before), asTexts(after)];
  const changes: Changes = {};
  for (const name of [...new Set([...Object.keys(now), ...Object.keys(old)])].sort()) {
    const [was, is] = [old[name], now[name]];
    if (was === undefined) changes[name] = { old: '', new: is ?? '' };
    else if (is === undefined) changes[name] = { new: '', old: was };
    else if (was !== is) changes[name] = { old: was, new: is };
  }
  return changes;
};

/** The failure of a change of packages, with what was changed all the same, in the form Salt prints it. */
export const problem = (what: string, errors: readonly string[], changes: Changes): CommandFailed => {
  const changed = Object.keys(changes)
    .sort()
    .map((name) => {
      const { new: is, old: was } = changes[name] ?? { new: '', old: '' };
      const value = (text: string): string => (text === '' ? '' : `\n            ${text}`);
      return `\n    ${name}:\n        ----------\n        new:${value(is)}\n        old:${value(was)}`;
    });
  const told = errors.map((error) =>
    error
      .trimEnd()
      .split('\n')
      .map((line, index) => `    ${index === 0 ? '- ' : '  '}${line}`)
      .join('\n'),
  );
  const [follows, said] = [`${what}. Additional info follows:\n\n`, `errors:\n${told.join('\n')}`];
  return new PartlyDone(`${follows}changes:\n    ----------${changed.join('')}\n${said}`, `${follows}${said}`, changes);
};
