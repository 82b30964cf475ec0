import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { isMapping } from '../../../kernel/targeting/python.ts';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { GROUP, isFile, MAKEDIRS, MODE, NAME, OTHERS, pathOf, SHOW_CHANGES, USER } from './common.ts';
import { checkManaged } from './managed.ts';
import { managedArgs } from './managed_args.ts';

const ARGS = {
  name: NAME,
  dataset: { type: 'any', doc: 'the data' },
  dataset_pillar: { type: 'string', doc: 'the pillar key that holds it' },
  user: USER,
  group: GROUP,
  mode: MODE,
  backup: { type: 'any', default: '', doc: 'minion: keep what was there' },
  makedirs: MAKEDIRS,
  show_changes: SHOW_CHANGES,
  create: { type: 'boolean', default: true, doc: 'make it if it is not there' },
  merge_if_exists: { type: 'boolean', default: false, doc: 'what the file has besides stays' },
  encoding: { type: 'string', doc: 'of the file' },
  encoding_errors: { type: 'string', default: 'strict', doc: 'not used' },
  serializer: { type: 'string', doc: 'yaml, json, configparser, msgpack' },
  serializer_opts: { type: 'any', doc: 'options of writing' },
  deserializer_opts: { type: 'any', doc: 'options of reading' },
  check_cmd: { type: 'any', doc: 'a command that must accept the new file, whose path it gets as its last word' },
  tmp_dir: { type: 'string', doc: 'where the file for check_cmd lies' },
  tmp_ext: { type: 'string', default: '', doc: 'how its name ends' },
} as const;
type Given = ArgsOf<typeof ARGS>;

const WRITING: Readonly<Record<string, Readonly<Record<string, Returnable>>>> = {
  yaml: { default_flow_style: false },
  json: { indent: 2, separators: [',', ': '], sort_keys: true },
};

export const serialize = state({
  doc: 'A file with data in a format.',
  args: ARGS,
  extra: OTHERS,
  handles: ['check_cmd'],
  check: checkSerialize,
});

async function checkSerialize(ctx: StateCtx, args: Given): Promise<Verdict> {
  const meant = await pathOf(args.name, 'serialize');
  if ('refused' in meant) return meant.refused;
  const { path } = meant;
  if (!args.create && !(await isFile(path))) return inOrder(`File ${path} is not present and is not set for creation`);
  const formatter = ctx.extra['formatter'];
  if (args.serializer && formatter) return failed('Only one of serializer and formatter are allowed');
  const format = textOf(args.serializer ?? formatter ?? 'yaml').toLowerCase();
  if (args.dataset && args.dataset_pillar) return failed(`Only one of 'dataset' and 'dataset_pillar' is permitted`);
  const data = args.dataset_pillar ? await ctx.call('pillar.get', [args.dataset_pillar], { unmask: true }) : args.dataset;
  if (data === undefined || data === null) return failed(`Neither 'dataset' nor 'dataset_pillar' was defined`);
  const merged = args.merge_if_exists && (await isFile(path)) ? await mergedWith(ctx, path, format, data, args) : { data };
  if ('outcome' in merged) return merged.outcome;
  let text: Returnable;
  try {
    const unicode = format === 'yaml' && args.encoding ? { allow_unicode: true } : {};
    const options = { ...WRITING[format], ...unicode, ...repacked(args.serializer_opts) };
    text = await ctx.call('slsutil.serialize', [format, merged.data], options);
  } catch (error) {
    if (!(error instanceof CommandFailed) || !error.message.includes('not found')) throw error;
    return failed(`The ${format} serializer could not be found. It either does not exist or its prerequisites are not installed.`);
  }
  const verdict = await write(ctx, args, typeof text === 'string' ? `${text}\n` : text);
  return worded(ctx, path, args, verdict, 'before' in merged ? { diff: newKeys(merged.before, merged.data) } : {});
}

/** What the file holds, with the data over it; or the outcome that follows from it. */
async function mergedWith(
  ctx: StateCtx,
  path: string,
  format: string,
  data: Returnable,
  args: Given,
): Promise<{ readonly data: Returnable; readonly before?: Returnable } | { readonly outcome: Outcome }> {
  let there: Returnable;
  try {
    there = await ctx.call('slsutil.deserialize', [format, await readFile(path, 'utf8')], repacked(args.deserializer_opts));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { outcome: failed(`Failed to deserialize existing data: ${error.message}`) };
  }
  if (there === null) return { data };
  const merged = await ctx.call('slsutil.merge', [there, data], { strategy: 'recurse' });
  return isDeepStrictEqual(merged, there)
    ? { outcome: inOrder(`The file ${path} is in the correct state`) }
    : { data: merged, before: there };
}

/** What of `after` is not in `before`, by key. */
function newKeys(before: Returnable, after: Returnable): Returnable {
  if (!isMapping(before) || !isMapping(after)) return { new: after, old: before };
  const [had, has] = [before, after] as Record<string, Returnable>[];
  const changed = Object.entries(has ?? {}).filter(([key, value]) => !isDeepStrictEqual(value, had?.[key]));
  return Object.fromEntries(changed.map(([key, value]) => [key, newKeys(had?.[key] ?? '<_null_>', value)]));
}

/** Options may be a map, or a list of maps of one key. */
function repacked(options: Returnable | undefined): Record<string, Returnable> {
  const maps = [options ?? []].flat().filter((one) => isMapping(one)) as Record<string, Returnable>[];
  return Object.assign({}, ...maps);
}

async function write(ctx: StateCtx, args: Given, contents: Returnable): Promise<Verdict> {
  const { name, user, group, mode, backup, makedirs, show_changes, encoding, check_cmd, tmp_dir, tmp_ext } = args;
  const given = defined({ user, group, mode, encoding, check_cmd, tmp_dir });
  return await checkManaged(ctx, managedArgs({ ...given, name, backup, makedirs, show_changes, tmp_ext, contents }));
}

function worded(ctx: StateCtx, path: string, args: Given, verdict: Verdict, more: Readonly<Record<string, Returnable>>): Verdict {
  const told = args.deserializer_opts !== undefined && !args.merge_if_exists;
  const warnings = told ? ["The 'deserializer_opts' option is ignored unless merge_if_exists is set to True."] : [];
  const settled = (outcome: Outcome): Outcome => ({ ...outcome, warnings, changes: { ...outcome.changes, ...more } });
  if ('predicted' in verdict) return { ...verdict, apply: async () => settled(await verdict.apply()) };
  if (!ctx.testing || verdict.result !== null) return settled(verdict);
  const hidden = args.show_changes ? {} : { diff: '<show_changes=False>' };
  return settled({ ...verdict, changes: { ...verdict.changes, ...hidden }, comment: `Dataset will be serialized and stored into ${path}` });
}
