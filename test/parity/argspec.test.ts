import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { realSalt } from '../support/salt.ts';
import { compareSpecs } from './argspec.ts';
import { Sides } from './sides.ts';

const salt = realSalt();
const sides = new Sides(salt ?? '');
after(() => sides.close());

test("each function of ours that the real Salt has, too, takes its arguments by Salt's names, in its order, with its defaults", {
  skip: salt === undefined ? 'the real Salt is not here' : false,
}, async () => {
  const ask = { fun: 'sys.argspec', args: ['*'], kwargs: {}, look: undefined };
  const { real, ours } = await sides.bothInTurn({ before: [], after: [] }, [ask]);
  assert.ok(Object.keys(ours[0]?.value ?? {}).length > 300, 'argspec answers for all functions');
  const { other, stale } = compareSpecs(real[0]?.value as never, ours[0]?.value as never);
  assert.deepEqual(other, {});
  assert.deepEqual(stale, [], 'these are said to differ, and do not');
});
