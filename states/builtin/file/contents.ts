import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import type { StateCtx } from '../../define.ts';
import type { Managed } from './managed_args.ts';
import { bareLines } from './texts.ts';

const ABSENT = '__tsalt_absent__';

/** A content that was given in place of a source; undefined when none was. */
export interface Contents {
  readonly contents?: Returnable;
}

/** The content as given by `contents` and its kin, rendered where a template is asked for, or why there is none. */
export async function givenContents(ctx: StateCtx, args: Managed): Promise<Contents | string> {
  const given = await found(ctx, args);
  if ('why' in given) return given.why;
  if (given.value === undefined) return {};
  const { value } = given;
  if (!args.allow_empty && isEmpty(value))
    return `${nameOf(args)} value would result in empty contents. Set allow_empty to True to allow the managed file to be empty.`;
  if (value instanceof Uint8Array) return { contents: value };
  const parts = (Array.isArray(value) ? value : [value]).map((part: Returnable) => str(fromPlain(part)));
  if (parts.length === 0)
    return 'Contents specified by contents/contents_pillar/contents_grains is not a string or list of strings, and is not binary data. SLS is likely malformed.';
  const text = parts.flatMap(bareLines).join('\n');
  const contents =
    text === '' && parts.every((part) => part === '') ? '' : args.contents_newline ? `${text}\n` : text.replace(/[\r\n]+$/, '');
  return args.template === undefined ? { contents } : await rendered(ctx, args, contents);
}

async function found(ctx: StateCtx, args: Managed): Promise<{ readonly value: Returnable | undefined } | { readonly why: string }> {
  const { contents_pillar: pillar, contents_grains: grains, contents_delimiter: delimiter } = args;
  if (pillar === undefined && grains === undefined) return { value: args.contents };
  const [fun, word, keys] = pillar === undefined ? ['grains.get', 'Grain', grains] : ['pillar.get', 'Pillar', pillar];
  const values: Returnable[] = [];
  for (const key of [keys ?? null].flat() as Returnable[]) {
    const options = fun === 'pillar.get' ? { delimiter, unmask: true } : { delimiter };
    const value = await ctx.call(fun, [key, ABSENT], options);
    if (value === ABSENT) return { why: `${word} ${textOf(key)} does not exist` };
    values.push(value);
  }
  return { value: Array.isArray(keys) ? values.map(textOf).join('\n') : (values[0] ?? null) };
}

const isEmpty = (value: Returnable): boolean => !value || (Array.isArray(value) && value.length === 0);

function nameOf({ contents_pillar, contents_grains }: Managed): string {
  if (contents_pillar !== undefined) return `contents_pillar ${textOf(contents_pillar)}`;
  return contents_grains === undefined ? `'contents'` : `contents_grains ${textOf(contents_grains)}`;
}

async function rendered(ctx: StateCtx, args: Managed, contents: string): Promise<Contents | string> {
  const { template = null, context = null, defaults = null } = args;
  try {
    const made = await ctx.call('file.apply_template_on_contents', [contents], { template, context, defaults, saltenv: ctx.saltenv });
    if (typeof made === 'string') return { contents: made };
    return textOf((made as Readonly<Record<string, Returnable>> | null)?.['comment'] ?? 'Error while applying template on contents');
  } catch (error) {
    if (error instanceof CommandFailed) return error.message;
    throw error;
  }
}
