import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BadFrame } from '../../protocol/errors.ts';
import { readPublication } from './publication.ts';

const JID = '20261124010203456789';
const job = (more: Record<string, unknown>) => readPublication({ fun: 'test.ping', arg: [], tgt: '*', jid: JID, ...more });

test('one function and its arguments are read', () => {
  const { funs, several, args, target, user } = job({ arg: [1, { __kwarg__: true, a: 2 }], tgt_type: 'list', user: 'sudo_x' });
  assert.deepEqual(
    { funs, several, args, target, user },
    {
      funs: ['test.ping'],
      several: false,
      args: [[1, { __kwarg__: true, a: 2 }]],
      target: { kind: 'list', expression: '*', delimiter: ':' },
      user: 'sudo_x',
    },
  );
});

test('several functions keep their arguments in step, also when there are too few lists', () => {
  const { funs, several, args } = job({ fun: ['test.ping', 'test.echo'], arg: [[]] });
  assert.deepEqual([funs, several, args], [['test.ping', 'test.echo'], true, [[], []]]);
});

test('a publication without a jid, a function or a target is refused', () => {
  for (const bad of [{ jid: '../../x' }, { jid: null }, { fun: [] }, { fun: '' }, { fun: { a: 1 } }, { fun: '__proto__\n' }]) {
    assert.throws(() => job(bad), BadFrame);
  }
  assert.throws(() => readPublication({ fun: 'test.ping', arg: [], jid: JID }), BadFrame);
});

test('a word that is no name of a function is read, so that the caller hears that there is no such function', () => {
  assert.deepEqual(job({ fun: ['.', 'a/b.c', '1'] }).funs, ['.', 'a/b.c', '1']);
});

test('whatever a publication holds, it is read or refused as a bad frame', () => {
  const anything = fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true, withTypedArray: true });
  const fields = [
    'fun',
    'arg',
    'tgt',
    'tgt_type',
    'jid',
    'ret',
    'user',
    'metadata',
    'delimiter',
    'expires',
    'ret_kwargs',
    'follow',
  ] as const;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields), anything), fc.boolean(), (given, whole) => {
      const raw = whole ? { fun: 'test.ping', arg: [], tgt: '*', ...given, jid: JID } : given;
      try {
        const read = readPublication(raw);
        assert.equal(read.args.length, read.funs.length);
        for (const fun of read.funs) assert.equal(typeof fun, 'string');
      } catch (error) {
        assert.ok(error instanceof BadFrame, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
