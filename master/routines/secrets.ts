import { isItem } from '../../kernel/schedule/item.ts';
import { STARS, withoutSecrets } from '../publish/secrets.ts';
import type { Routine } from './definition.ts';

/** A routine as it may be shown: secrets of its arguments are stars. */
export function masked(routine: Routine): Routine {
  return { ...routine, args: withoutSecrets(routine.args), kwargs: hidden(routine.kwargs), parameters: hidden(routine.parameters) };
}

/** Fields in which stars, as `masked` shows them, stand for what was there before. */
export function kept(fields: Readonly<Record<string, unknown>>, before: Routine | undefined): Readonly<Record<string, unknown>> {
  if (before === undefined) return fields;
  const { args, kwargs, parameters } = fields;
  return {
    ...fields,
    ...(Array.isArray(args) ? { args: args.map((arg, at) => unmasked(arg, masked(before).args[at], before.args[at])) } : {}),
    ...(isItem(kwargs) ? { kwargs: unmasked(kwargs, masked(before).kwargs, before.kwargs) } : {}),
    ...(isItem(parameters) ? { parameters: unmasked(parameters, masked(before).parameters, before.parameters) } : {}),
  };
}

function hidden(kwargs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [clean] = withoutSecrets([{ ...kwargs, __kwarg__: true }]);
  const { __kwarg__: _mark, ...rest } = clean as Record<string, unknown>;
  return rest;
}

/** What was shown as stars and came back as them is what it was. */
function unmasked(given: unknown, shown: unknown, before: unknown): unknown {
  if (typeof given === 'string') return given === shown && given.endsWith(STARS) ? before : given;
  if (!isItem(given) || !isItem(shown) || !isItem(before)) return given;
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, unmasked(value, shown[key], before[key])]));
}
