import type { AnyReturner, ArgTable } from '../../modules/define.ts';
import { coerce } from '../loader/coerce.ts';

/** A value of the configuration by its whole name, wherever settings are looked for; undefined where there is none. */
export type Lookup = (name: string) => unknown;

/** What a job says about its returners. */
export interface Wish {
  /** `--return_config`: a prefix under which options are looked for first. */
  readonly profile: string;
  /** `--return_kwargs`: options by their names, over all others. */
  readonly kwargs: Readonly<Record<string, unknown>>;
}
export const noWish: Wish = { profile: '', kwargs: {} };

/**
 * The options of a returner as configured, in Salt's order: the job's own words, the profile it names, the
 * configuration (a map under the prefix before dotted names), defaults.
 * @throws Error naming the option, BadArguments for one of a wrong type
 */
export function returnerOptions(returner: AnyReturner, lookup: Lookup, { profile, kwargs }: Wish): Record<string, unknown> {
  const prefixes = returner.prefixes ?? [returner.name];
  const places = profile === '' ? prefixes : [...prefixes.map((prefix) => `${profile}.${prefix}`), ...prefixes];
  const table: ArgTable = returner.options;
  const required = Object.keys(table).filter((name) => table[name]?.required);
  const found: Record<string, unknown> = Object.create(null);
  for (const [name, arg] of Object.entries(table)) {
    const sole = required.length === 1 && required[0] === name;
    const given = Object.hasOwn(kwargs, name) ? kwargs[name] : firstOf(places, name, sole, lookup);
    found[name] = given === undefined ? undefined : coerce(`${prefixes[0]}.${name}`, arg, given);
    if (found[name] === undefined && 'default' in arg) found[name] = arg.default;
    if (found[name] === undefined && arg.required) throw new Error(`it is not configured: ${prefixes[0]}.${name} is missing`);
  }
  return found;
}

/** `sole`: the only option that must be given, which may also stand under the prefix itself. */
function firstOf(places: readonly string[], name: string, sole: boolean, lookup: Lookup): unknown {
  for (const place of places) {
    const whole = lookup(place);
    const nested = isMap(whole) && Object.hasOwn(whole, name) ? whole[name] : undefined;
    const value = nested ?? lookup(`${place}.${name}`) ?? (sole && !isMap(whole) ? whole : undefined);
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
