import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { askedTwice } from './compare.ts';
import { noNamespace, tryApart } from './namespace.ts';
import { Sides } from './sides.ts';
import { missing } from './skip.ts';
import { bothStates, stateFiles } from './states.ts';

const salt = realSalt();
const sides = new Sides(salt ?? '');
after(() => sides.close());

for (const file of stateFiles()) {
  if (file.namespace) {
    test(`states of ${file.name} end as the real Salt's, in a network of their own`, { skip: missing(file, salt) || noNamespace() }, () => {
      const { ok, printed } = tryApart([file.name], 'try-states.ts');
      assert.ok(ok, printed);
    });
    continue;
  }
  describe(`states of ${file.name} end as the real Salt's: tried, done, and done again`, { skip: missing(file, salt) }, () => {
    before(() => sides.begin(file));
    after(() => sides.end(file));
    file.cases.forEach((one, index) => {
      test(`${one.state} ${JSON.stringify(one.args)} (${index})`, async () => {
        const { real, ours } = await askedTwice(
          () => bothStates(sides, one),
          ({ real, ours }) => isDeepStrictEqual(ours, real) === (one.differs === undefined),
        );
        if (one.differs === undefined) assert.deepEqual(ours, real);
        else assert.ok(!isDeepStrictEqual(ours, real), `it is the same now, though it is said to differ: ${one.differs}`);
      });
    });
  });
}
