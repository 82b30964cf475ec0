import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BadCompound, parseArguments, splitCompound } from './arguments.ts';
import { repr } from './output/python.ts';
import { readRecorded } from './output/recorded.ts';

interface Case {
  readonly in: string[];
  readonly no_parse?: string[];
  readonly parsed: unknown;
}

const cases = readRecorded(readFileSync(new URL('arguments.json', import.meta.url), 'utf8')) as Case[];

describe('arguments, typed as real Salt typed them', () => {
  cases.forEach((item, index) => {
    it(`${index} ${JSON.stringify(item.in)}`, () => {
      assert.equal(repr(parseArguments(item.in, new Set(item.no_parse))), repr(item.parsed));
    });
  });
});

describe('compound commands', () => {
  it('give each function the words up to the separator', () => {
    assert.deepEqual(splitCompound(['a.b', 'c.d'], ['1', ',', '2', '3'], ','), [
      { fun: 'a.b', words: ['1'] },
      { fun: 'c.d', words: ['2', '3'] },
    ]);
  });
  it('find the separator inside a word', () => {
    assert.deepEqual(splitCompound(['test.ping', 'test.echo'], [',foo'], ','), [
      { fun: 'test.ping', words: [] },
      { fun: 'test.echo', words: ['foo'] },
    ]);
  });
  it('refuse words nobody asked for', () => {
    assert.throws(() => splitCompound(['a.b', 'c.d'], ['1,2,3'], ','), BadCompound);
    assert.throws(() => splitCompound(['a.b', 'c.d'], ['1'], ','), BadCompound);
  });
});
