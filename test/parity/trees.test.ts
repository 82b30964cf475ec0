import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { Sides } from './sides.ts';
import { missing } from './skip.ts';
import { bothTrees, TREE_OPTIONS, treeFiles } from './trees.ts';

const salt = realSalt();
const sides = new Sides(salt ?? '', TREE_OPTIONS);
after(() => sides.close());

for (const [file, trees] of treeFiles()) {
  describe(`trees of SLS files end as the real Salt's: ${file}`, { skip: missing({ packages: [], root: true }, salt) }, () => {
    for (const tree of trees) {
      test(tree.name, async () => {
        const { real, ours } = await bothTrees(sides, tree);
        if (tree.differs === undefined) assert.deepEqual(ours, real);
        else assert.ok(!isDeepStrictEqual(ours, real), `it is the same now, though it is said to differ: ${tree.differs}`);
      });
    }
  });
}
