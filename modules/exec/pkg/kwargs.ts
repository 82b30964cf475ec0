import { CallRefused, type Ctx, type Returnable } from '../../define.ts';

/** What Salt's `is_true` takes for true: numbers above zero, also as text, and the word. */
export const isTrue = (value: Returnable | undefined): boolean => {
  if (typeof value === 'string') return /^\s*true\s*$/i.test(value) || Number(value) > 0;
  return typeof value === 'number' ? value > 0 : Boolean(value);
};

/** One of a function's `**kwargs`; undefined where it is absent or None. */
export const keyword = (ctx: Ctx, name: string): Returnable | undefined => ctx.extra[name] ?? undefined;
export const keywordText = (ctx: Ctx, name: string): string | undefined => {
  const value = keyword(ctx, name);
  return value === undefined || value === '' ? undefined : String(value);
};
export const keywordFlag = (ctx: Ctx, name: string, otherwise = false): boolean =>
  Object.hasOwn(ctx.extra, name) ? isTrue(ctx.extra[name]) : otherwise;
export const keywordNumber = (ctx: Ctx, name: string): number => Number(keyword(ctx, name) ?? 0) || 0;

/** Throws CallRefused, in Salt's words, if there are `**kwargs` other than these. */
export const refuseOthers = (ctx: Ctx, known: readonly string[]): void => {
  const odd = Object.entries(ctx.extra).filter(([name]) => !name.startsWith('__') && !known.includes(name));
  if (odd.length === 0) return;
  throw new CallRefused(`The following keyword arguments are not valid: ${odd.map(([name, value]) => `${name}=${value}`).join(', ')}`);
};

/** A text with commas, or a list, as a list of texts. */
export const listOf = (value: Returnable | undefined): string[] => {
  if (value == null || value === '') return [];
  return (Array.isArray(value) ? value : String(value).split(',')).map((item) => String(item).trim());
};

/** The environment of a command: a map, or a list of maps. */
export const envOf = (env: Returnable | undefined): Record<string, string> =>
  Object.fromEntries(
    (Array.isArray(env) ? env : [env]).flatMap((part) => Object.entries(part ?? {}).map(([key, value]) => [key, String(value)])),
  );
