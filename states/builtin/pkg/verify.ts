import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';
import { type Kwargs, textOf } from './wanted.ts';

/** How `pkg.verify` is asked whether the files of a package are as they were. */
export interface Verifying {
  readonly ignore_types: Returnable;
  readonly verify_options: Returnable;
}

/** Reads `pkg_verify`: true, or a list of options. */
export function verifyingOf(given: Returnable | undefined): Verifying | undefined {
  if (!Array.isArray(given)) return given === true ? { ignore_types: [], verify_options: [] } : undefined;
  const option = (name: string): Returnable => {
    const holder = given.find((item) => typeof item === 'object' && item !== null && name in item) as Kwargs | undefined;
    return holder?.[name] ?? [];
  };
  return { ignore_types: option('ignore_types'), verify_options: option('verify_options') };
}

/** The files of a package that are not as they were, if any. */
export async function altered(ctx: StateCtx, name: string, verifying: Verifying, kwargs: Kwargs): Promise<Returnable | undefined> {
  const files = await ctx.call('pkg.verify', [name], { ...kwargs, ...verifying });
  return typeof files === 'object' && files !== null && Object.keys(files).length > 0 ? files : undefined;
}

/** Altered files as comments show them: nested maps and lists, indented. */
export function nested(value: Returnable, indent = 0): string {
  const [pad, open] = [' '.repeat(indent), typeof value === 'object' && value !== null];
  if (!open) return `${pad}${textOf(value)}`;
  if (Array.isArray(value)) return value.map((item) => `${pad}- ${nested(item as Returnable, indent + 2).trimStart()}`).join('\n');
  const entries = Object.entries(value as Kwargs).sort(([one], [other]) => (one < other ? -1 : 1));
  return [`${pad}----------`, ...entries.map(([key, item]) => `${pad}${key}:\n${nested(item, indent + 4)}`)].join('\n');
}
