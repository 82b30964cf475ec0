import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { distribution } from './os.ts';

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly grains: Readonly<Record<string, unknown>>;
}

/** Files of distributions, with the grains that Salt 3008.3 makes of them. */
const cases = JSON.parse(readFileSync(new URL('os.cases.json', import.meta.url), 'utf8')) as Case[];

for (const { name, files, grains } of cases) {
  test(`${name} has the names and numbers Salt gives it`, () => {
    assert.deepEqual(
      distribution((path) => files[path]),
      grains,
    );
  });
}

test('a system without any release file is called after its kernel', () => {
  assert.deepEqual(
    distribution(() => undefined),
    { os: 'Linux', os_family: 'Linux', osfullname: 'Linux', osrelease: '', oscodename: '' },
  );
});
