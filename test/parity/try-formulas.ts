import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { difference, folderOf, steadied, topFiles } from './formulas.ts';
import { type Call, Sides } from './sides.ts';
import { bothTrees, type Tree } from './trees.ts';

/**
 * By hand: `node --import tsx test/parity/try-formulas.ts DIR...` compares what the real Salt and ours make of formulas with
 * their `pillar.example`: the top data, the low state of the formula, and each of its SLS files alone.
 */
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
    files: topFiles(dir),
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

for (const dir of process.argv.slice(2).map((path) => resolve(path))) {
  const tree = treeOf(dir);
  const sides = new Sides(realSalt() ?? '', {
    file_roots: { base: ['{tmp}/base', dir] },
    pillar_roots: { base: ['{tmp}/pillar'] },
    fileserver_list_cache_time: 0,
  });
  const both = await bothTrees(sides, tree);
  const [real, ours] = [both.real.map(steadied), both.ours.map(steadied)];
  await sides.close();
  const differing = tree.calls.flatMap((call, index) => (isDeepStrictEqual(real[index], ours[index]) ? [] : [{ call, index }]));
  process.stdout.write(`${tree.name}: ${tree.calls.length - differing.length} of ${tree.calls.length} calls the same\n`);
  for (const { call, index } of differing)
    process.stdout.write(`  ${call.fun} ${call.args.join(' ')}\n${difference(real[index], ours[index])}`);
}
