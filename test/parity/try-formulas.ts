import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { type Call, Sides } from './sides.ts';
import { bothTrees, type Tree } from './trees.ts';

/**
 * By hand: `node --import tsx test/parity/try-formulas.ts DIR...` compares what the real Salt and ours make of formulas with
 * their `pillar.example`: the top data, the low state of the formula, and each of its SLS files alone.
 */
const SHOWN_LINES = 12;

/** The folder of a formula that holds its SLS files, as its `FORMULA` says. */
function folderOf(dir: string): string {
  const [, named] = /^top_level_dir:\s*(\S+)/m.exec(readFileSync(join(dir, 'FORMULA'), 'utf8')) ?? [];
  return named ?? basename(dir).replace(/-formula$/, '');
}

/** Names of the SLS files below a folder, with dots. */
const slsOf = (dir: string, folder: string): string[] =>
  readdirSync(join(dir, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.sls'))
    .map((path) => `${folder}/${path}`.replace(/(?:\/init)?\.sls$/, '').replaceAll('/', '.'))
    .sort();

function treeOf(dir: string): Tree {
  const folder = folderOf(dir);
  const call = (fun: string, ...args: string[]): Call => ({ fun, args, kwargs: {}, look: undefined, apart: true });
  return {
    name: folder,
    files: {
      'base/top.sls': `base: {'*': [${folder}]}\n`,
      'pillar/top.sls': "base: {'*': [example]}\n",
      'pillar/example.sls': readFileSync(join(dir, 'pillar.example'), 'utf8'),
    },
    calls: [
      call('state.show_top'),
      call('state.show_lowstate'),
      ...slsOf(dir, folder).flatMap((sls) => [call('state.show_sls', sls), call('state.show_low_sls', sls)]),
    ],
    before: [],
    after: [],
    differs: undefined,
  };
}

/** What a formula draws by lot, or takes from the clock. */
const UNSTEADY = /("priority":|update-alternatives --install \S+ \S+ \S+) ?\d+|\d\d-\d\d-\d\d_\d\d:\d\d:\d\d/g;
const steady = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer).replace(UNSTEADY, (_all, words = '') => `${words}0`));

const lines = (value: unknown): readonly string[] => JSON.stringify(value, undefined, 1)?.split('\n') ?? [];

/** Where two answers begin to differ. */
function difference(real: unknown, ours: unknown): string {
  const [theirs, own] = [lines(real), lines(ours)];
  const at = theirs.findIndex((line, index) => line !== own[index]);
  const shown = (all: readonly string[]): string => all.slice(Math.max(0, at - 2), at + SHOWN_LINES).join('\n          ');
  return `    real: ${shown(theirs)}\n    ours: ${shown(own)}\n`;
}

for (const dir of process.argv.slice(2).map((path) => resolve(path))) {
  const tree = treeOf(dir);
  const sides = new Sides(realSalt() ?? '', {
    file_roots: { base: ['{tmp}/base', dir] },
    pillar_roots: { base: ['{tmp}/pillar'] },
    fileserver_list_cache_time: 0,
  });
  const both = await bothTrees(sides, tree);
  const [real, ours] = [both.real.map(steady), both.ours.map(steady)];
  await sides.close();
  const differing = tree.calls.flatMap((call, index) => (isDeepStrictEqual(real[index], ours[index]) ? [] : [{ call, index }]));
  process.stdout.write(`${tree.name}: ${tree.calls.length - differing.length} of ${tree.calls.length} calls the same\n`);
  for (const { call, index } of differing)
    process.stdout.write(`  ${call.fun} ${call.args.join(' ')}\n${difference(real[index], ours[index])}`);
}
