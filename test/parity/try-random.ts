import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { difference } from './formulas.ts';
import { Sides } from './sides.ts';
import { bothTrees, TREE_OPTIONS, type Tree, type TreeAnswers } from './trees.ts';

/**
 * By hand: `node --import tsx test/parity/try-random.ts [trees] [seed]` compares what the real Salt and ours make of trees drawn
 * by lot: states that change something, or not, or fail, bound to one another by requisites of all kinds. A seed draws the same again.
 */
const [count = 20, seed = 1] = process.argv.slice(2).map(Number);

/** Numbers from 0 to 1, by mulberry32 (public domain). */
let state = seed;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit: number): number => Math.floor(random() * limit);
const chance = (share: number): boolean => random() < share;
const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;

const FUNCTIONS = [
  'test.nop',
  'test.succeed_with_changes',
  'test.succeed_without_changes',
  'test.fail_without_changes',
  'test.fail_with_changes',
  'cmd.run',
  'cmd.wait',
];
const KINDS = ['require', 'watch', 'onchanges', 'onfail', 'prereq', 'listen', 'use'];
const ANY = ['require_any', 'watch_any', 'onchanges_any', 'onfail_any', 'onfail_all'];
const IN = ['require_in', 'watch_in', 'onchanges_in', 'onfail_in', 'prereq_in', 'listen_in', 'use_in'];

const moduleOf = (fun: string): string => fun.split('.')[0] ?? '';

/** A few arguments that every state takes. */
function keywords(): object[] {
  const drawn: object[] = [];
  if (chance(0.1)) drawn.push({ order: one([1, 2, 5, -1, -2, 'first', 'last']) });
  if (chance(0.06)) drawn.push({ failhard: true });
  if (chance(0.06)) drawn.push({ unless: one(['true', 'false', ['true', 'false'], [{ fun: 'test.false' }], [{ fun: 'test.true' }]]) });
  if (chance(0.06)) drawn.push({ onlyif: one(['true', 'false', ['true', 'false'], [{ fun: 'test.true' }]]) });
  if (chance(0.04)) drawn.push({ check_cmd: one([['true'], ['false']]) });
  if (chance(0.04)) drawn.push({ creates: one(['/etc/passwd', '/nowhere']) });
  if (chance(0.04)) drawn.push({ test: one([true, false]) });
  if (chance(0.03)) drawn.push({ retry: { attempts: 2, interval: 0 } });
  return drawn;
}

function treeOf(number: number): Tree {
  const ids = Array.from({ length: 3 + below(6) }, (_none, index) => `s${index}`);
  const funs = new Map(ids.map((id) => [id, one(FUNCTIONS)]));
  const files: Record<string, Record<string, unknown>> = { t: {}, o: {} };
  const two = chance(0.4);
  // Mostly backwards, so that circles are seldom.
  const others = (id: string): string[] => (chance(0.85) ? ids.slice(0, ids.indexOf(id)) : ids.filter((other) => other !== id));
  const named = (id: string): object => {
    if (chance(0.05)) return { [moduleOf(funs.get(id) ?? '')]: one(['s?', 'nothing', 's0']) };
    if (chance(0.04) && two) return { sls: one(['t', 'o']) };
    if (chance(0.1)) return { id };
    return { [moduleOf(funs.get(id) ?? '')]: id };
  };
  for (const id of ids) {
    const fun = funs.get(id) ?? '';
    const args: object[] = moduleOf(fun) === 'cmd' ? [{ name: one(['true', 'false', 'echo hello', `echo changed=yes`]) }] : [];
    if (moduleOf(fun) === 'cmd' && chance(0.2)) args.push({ stateful: true });
    if (chance(0.08) && moduleOf(fun) === 'test') args.push({ names: ['one', { two: [{ comment: 'second' }] }] });
    const near = others(id);
    while (near.length > 0 && chance(0.55)) {
      const kind = one(chance(0.6) ? KINDS : chance(0.7) ? ANY : IN);
      const wanted = Array.from({ length: 1 + below(2) }, () => named(one(near)));
      if (!args.some((arg) => kind in arg)) args.push({ [kind]: wanted });
    }
    args.push(...keywords());
    const file = two && chance(0.4) ? 'o' : 't';
    (files[file] ?? {})[id] = { [fun]: args };
  }
  if (two) files['t'] = { include: ['o'], ...files['t'] };
  if (chance(0.15)) files['t'] = { ...files['t'], extend: { [one(ids)]: { test: [{ require: [named(one(ids))] }] } } };
  if (chance(0.05)) files['t'] = { ...files['t'], exclude: [{ id: one(ids) }] };
  const call = (fun: string, kwargs = {}) => ({ fun, args: ['t'], kwargs, look: undefined, apart: true });
  return {
    name: `${seed}/${number}`,
    files: Object.fromEntries(Object.entries(files).map(([name, sls]) => [`base/${name}.sls`, JSON.stringify(sls, undefined, 1)])),
    calls: [call('state.show_low_sls'), call('state.apply'), call('state.apply', { test: true })],
    before: [],
    after: [],
    differs: undefined,
  };
}

/** Which circle is told of depends, in the real Salt, on the order of a set. */
const circled = (answers: TreeAnswers): TreeAnswers =>
  JSON.parse(JSON.stringify(answers).replace(/(Recursive requisites were found: )[^"]*/g, '$1')) as TreeAnswers;

const sides = new Sides(realSalt() ?? '', TREE_OPTIONS);
let different = 0;
for (let number = 0; number < count; number += 1) {
  const tree = treeOf(number);
  const { real, ours } = circled(await bothTrees(sides, tree));
  const at = tree.calls.findIndex((_call, index) => !isDeepStrictEqual(real[index], ours[index]));
  if (at < 0) continue;
  different += 1;
  process.stdout.write(`${tree.name} ${tree.calls[at]?.fun} ${JSON.stringify(tree.calls[at]?.kwargs)}\n`);
  process.stdout.write(`${JSON.stringify(tree.files)}\n${difference(real[at], ours[at])}`);
}
await sides.close();
process.stdout.write(`${count - different} of ${count} trees the same\n`);
