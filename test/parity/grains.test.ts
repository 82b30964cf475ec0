import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { realSalt } from '../support/salt.ts';
import { Sides } from './sides.ts';

/** What tells of the program itself and its Python; docs/reference/grains.md has the reasons. */
const DIFFERENT = ['ca_truststore', 'pid', 'pythonexecutable', 'pythonpath', 'pythonversion', 'saltpath'];

const salt = realSalt();
const sides = new Sides(salt ?? '');
after(() => sides.close());

test('every grain is that of the real Salt on this machine, but those of the list in grains.md', {
  skip: salt === undefined ? 'the real Salt is not here' : false,
}, async () => {
  const ask = { fun: 'grains.items', args: [], kwargs: {}, look: undefined };
  const { real, ours } = await sides.bothInTurn({ before: [], after: [] }, [ask]);
  const compared = (grains: unknown): Record<string, unknown> =>
    Object.fromEntries(Object.entries(grains as object).filter(([name]) => !DIFFERENT.includes(name)));
  assert.ok(Object.keys(compared(ours[0]?.value)).length > 60);
  assert.deepEqual(compared(ours[0]?.value), compared(real[0]?.value));
});

test('the grains that differ are in the documentation', () => {
  const page = readFileSync(new URL('../../docs/reference/grains.md', import.meta.url), 'utf8');
  const listed = page.slice(page.indexOf('## Differences from Salt'));
  assert.deepEqual(
    DIFFERENT.filter((name) => !listed.includes(`\`${name}\``)),
    [],
  );
});
