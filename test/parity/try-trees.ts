import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { Sides } from './sides.ts';
import { bothTrees, TREE_OPTIONS, treeFiles } from './trees.ts';

/** By hand: `node --import tsx test/parity/try-trees.ts requisites` prints what differs. */
const sides = new Sides(realSalt() ?? '', TREE_OPTIONS);
const [file, only] = process.argv.slice(2);
for (const [name, trees] of treeFiles(file === undefined ? [] : file.split(','))) {
  for (const tree of trees) {
    if (only !== undefined && !tree.name.includes(only)) continue;
    const { real, ours } = await bothTrees(sides, tree);
    const same = isDeepStrictEqual(ours, real) === (tree.differs === undefined);
    process.stdout.write(`${same ? 'same' : 'DIFFERS'} ${name}: ${tree.name}\n`);
    tree.calls.forEach((call, index) => {
      const [theirs, own] = [real[index], ours[index]].map((one) => JSON.stringify(one, undefined, 1).split('\n'));
      if (isDeepStrictEqual(real[index], ours[index]) && only === undefined) return;
      process.stdout.write(`  ${call.fun} ${JSON.stringify(call.args)}\n`);
      const at = theirs?.findIndex((line, line_) => line !== own?.[line_]) ?? 0;
      if (only !== undefined) process.stdout.write(`real ${theirs?.join('\n')}\nours ${own?.join('\n')}\n`);
      else
        process.stdout.write(
          `    real: ${theirs?.slice(Math.max(0, at - 2), at + 5).join('\n          ')}\n    ours: ${own?.slice(Math.max(0, at - 2), at + 5).join('\n          ')}\n`,
        );
    });
  }
}
await sides.close();
