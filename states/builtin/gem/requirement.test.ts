import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareGemVersions, meetsGemRequirement } from './requirement.ts';

test('versions of gems are in the order of Gem::Version', () => {
  const versions = ['0.9', '1.0.a', '1.0.b2', '1.0.rc1', '1.0', '1.0.1', '1.2', '1.10', '2'];
  assert.deepEqual([...versions].reverse().sort(compareGemVersions), versions);
  assert.equal(compareGemVersions('1', '1.0.0'), 0);
});

test('a version meets a requirement, or does not', () => {
  const meets: readonly [string, string, boolean][] = [
    ['1.0', '1.0', true],
    ['1.0', '= 1.0.0', true],
    ['1.10', '>= 1.2', true],
    ['1.10', '<=1.10', true],
    ['1.10', '<1.10', false],
    ['1.10', '> 1.9, < 2', true],
    ['2.0', '> 1.9, < 2', false],
    ['1.0', '!= 1.0', false],
    ['1.4.9', '~> 1.4.2', true],
    ['1.5', '~> 1.4.2', false],
    ['1.9', '~> 1.4', true],
    ['2.0', '~> 1.4', false],
    ['1.3', '~> 1.4', false],
    ['1.9', '~> 1', true],
  ];
  for (const [version, requirement, expected] of meets)
    assert.equal(meetsGemRequirement(version, requirement), expected, `${version} ${requirement}`);
});
