import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { masterOptions } from '../../master/options.ts';
import { minionOptions } from '../../minion/options.ts';
import { restOptions } from '../../web/options.ts';
import { pages, placeOf } from './reference.ts';

test('the reference pages are what the tables and definitions say', async () => {
  for (const [page, text] of await pages()) {
    const remedy = `${page} is out of date; run node --import tsx test/docs/reference.ts`;
    assert.equal(readFileSync(placeOf(page), 'utf8'), text, remedy);
  }
});

test('every option is explained in one sentence, and its default is of its own type', () => {
  for (const [name, option] of [...Object.entries(masterOptions), ...Object.entries(minionOptions), ...Object.entries(restOptions)]) {
    assert.match(option.doc, /^[A-Z].*[^.]\.$/, name);
    if (option.default !== null) assert.ok('value' in option.read(option.default), `${name} has a default of another type`);
  }
});
