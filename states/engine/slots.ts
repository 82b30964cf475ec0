import { fromPlain } from '../../kernel/render/python/plain.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import type { Ctx } from '../../modules/define.ts';
import { type Chunk, chunkOf } from './chunk.ts';
import { ENGINE_KEYWORDS } from './keywords.ts';

const SLOT = '__slot__:';

/**
 * A chunk with its slots filled: `__slot__:salt:test.echo(text).key ~ more` as an argument, in a list, or as a value of
 * a map (no deeper) becomes what that function answers now. What is no proper slot stays as it is.
 */
export async function fillSlots(ctx: Ctx, chunk: Chunk): Promise<Chunk> {
  const filled = new Map(chunk.args);
  let found = false;
  for (const [name, value] of chunk.args) {
    if (name.startsWith('__') || (ENGINE_KEYWORDS.has(name) && name !== 'name') || !hasSlot(value)) continue;
    filled.set(name, await fill(ctx, value));
    found = true;
  }
  return found ? { ...chunkOf(filled, chunk.nameOrder), prereq: chunk.prereq } : chunk;
}

const isSlot = (value: Data): value is string => typeof value === 'string' && value.startsWith(SLOT);
const hasSlot = (value: Data): boolean =>
  isSlot(value) ||
  (isDict(value) && [...(value as Dict).values()].some(isSlot)) ||
  (Array.isArray(value) && value.some((item) => isSlot(item) || (isDict(item) && [...(item as Dict).values()].some(isSlot))));

async function fill(ctx: Ctx, value: Data): Promise<Data> {
  if (isSlot(value)) return await answerOf(ctx, value);
  if (Array.isArray(value)) {
    const items: Data[] = [];
    for (const item of value) items.push(Array.isArray(item) ? item : await fill(ctx, item));
    return items;
  }
  if (!isDict(value)) return value;
  const dict: Dict = new Map();
  for (const [key, item] of value as Dict) dict.set(key, isSlot(item) ? await answerOf(ctx, item) : item);
  return dict;
}

async function answerOf(ctx: Ctx, slot: string): Promise<Data> {
  const [, kind, ...rest] = slot.split(':');
  const text = rest.join(':');
  const wanted = kind === 'salt' ? parseCall(text) : undefined;
  if (wanted === undefined || !(await ctx.has(wanted.fun))) {
    ctx.log.warn(`not a slot, it is left as it is: ${slot}`);
    return slot;
  }
  const [before = '', ...after] = text.split('~');
  const answer = at(fromPlain(await ctx.call(wanted.fun, wanted.args, wanted.kwargs)), before.slice(before.lastIndexOf(')') + 1));
  if (after.length === 0 || typeof answer !== 'string') return answer;
  return (
    answer +
    after
      .join('~')
      .trim()
      .replace(/^(["'])([\s\S]*)\1$/, '$2')
  );
}

/** What `.one.two` behind the call names in its answer. */
function at(answer: Data, path: string): Data {
  if (!path.includes('.')) return answer;
  const steps = path
    .slice(path.indexOf('.') + 1)
    .trim()
    .split('.');
  return steps.reduce<Data>((here, step) => {
    if (isDict(here)) return (here as Dict).get(step) ?? null;
    return Array.isArray(here) ? (here[Number(step)] ?? null) : null;
  }, answer);
}

interface WantedCall {
  readonly fun: string;
  readonly args: readonly string[];
  readonly kwargs: Readonly<Record<string, string>>;
}

/** Quoted text, words, single signs: what Python's shlex makes of a line. Blanks between them are lost. */
const TOKEN = /"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|(\w+)|(\S)/g;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** `fun(a, b, c=d)`; all arguments are texts. undefined if it is no call. */
function parseCall(text: string): WantedCall | undefined {
  const open = text.indexOf('(');
  if (open <= 0) return undefined;
  const args: string[] = [];
  const kwargs: Record<string, string> = Object.create(null);
  const brackets: string[] = [];
  let key: string | undefined;
  let word: string[] = [];
  for (const [, double, single, plain, sign = ''] of text.slice(open + 1).matchAll(TOKEN)) {
    const token = double?.replace(/\\(.)/g, '$1') ?? single?.replace(/\\(.)/g, '$1') ?? plain ?? sign;
    if (sign === '' || !'()[]{},='.includes(sign)) word.push(token);
    else if (sign in CLOSING) {
      word.push(sign);
      brackets.push(CLOSING[sign] ?? '');
    } else if (brackets.length > 0) {
      if (sign === brackets.at(-1)) brackets.pop();
      word.push(sign);
    } else if (sign === '=') {
      key = word.join('');
      word = [];
    } else if (sign === ',' || sign === ')') {
      if (key !== undefined) kwargs[key] = word.join('');
      else if (word.length > 0) args.push(word.join(''));
      if (sign === ')') return { fun: text.slice(0, open).replace(/\s/g, ''), args, kwargs };
      key = undefined;
      word = [];
    } else return undefined;
  }
  return undefined;
}
