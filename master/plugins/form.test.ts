import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { formOf, metaOf } from './definition.ts';
import { check } from './form.ts';
import { verdictOf } from './verdict.ts';

const FORM = formOf(`
- {name: action, type: choice, choices: [start, stop], required: true}
- {name: names, type: multichoice, choices: {function: service.get_all}, max: 2}
- {name: note, pattern: '[a-z]+', max: 5, default: abc}
- {name: count, type: int, min: 1, max: 9}
- {name: share, type: number}
- {name: force, type: bool, default: false}
- {name: where, type: minion}
- {name: word, type: secret, required: true, min: 3}
- name: login
  type: group
  fields: [{name: user, required: true}, {name: key, type: secret}]
`);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('fills defaults in, keeps secrets apart, and gives values their types', () => {
  const given = { action: 'stop', names: 'sshd, cron', count: '3', share: 0.5, login: { user: 'eve' } };
  const { values, secrets, errors } = check(FORM, given, { word: 'geheim', login: { key: 'k' } });
  assert.deepEqual(plain(errors), {});
  assert.deepEqual(plain(values), {
    action: 'stop',
    names: ['sshd', 'cron'],
    note: 'abc',
    count: 3,
    share: 0.5,
    force: false,
    login: { user: 'eve' },
  });
  assert.deepEqual(plain(secrets), { word: 'geheim', login: { key: 'k' } });
});

it('tells each thing that is wrong by its field', () => {
  const given = {
    action: 'go',
    names: ['a', 'b', 'c'],
    note: 'ABC',
    count: 1.5,
    share: 'x',
    force: 'yes',
    where: 'a b',
    word: 'geheim',
    odd: 1,
    login: {},
  };
  assert.deepEqual(plain(check(FORM, given, { count: 1, word: 'x' }).errors), {
    odd: 'there is no such field',
    action: 'one of start, stop is expected',
    names: 'at most 2 may be chosen',
    note: 'it does not fit the pattern [a-z]+',
    count: 'this is no secret: give it under "parameters"',
    share: 'a number is expected',
    force: 'true or false is expected',
    where: 'the id of a minion is expected',
    word: 'at least 3 characters are expected',
    'login.user': 'this is required',
  });
});

it('a form or meta.yaml that cannot be understood says where', () => {
  const refused = (text: RegExp) => (error: unknown) =>
    error instanceof TsaltError && error.code === 'bad-plugin' && text.test(error.message);
  assert.throws(() => formOf('- {name: a, type: colour}'), refused(/field 1 \(a\): type: one of string/));
  assert.throws(() => formOf('- {name: a}\n- {name: a}'), refused(/two fields a/));
  assert.throws(() => formOf('- {name: a, type: choice}'), refused(/choices/));
  assert.throws(() => formOf('- {name: a, pattern: "("}'), refused(/pattern/));
  assert.throws(() => formOf('- {name: a, colour: red}'), refused(/"colour" is not known/));
  assert.throws(() => formOf('a: [b'), refused(/form.yaml/));
  assert.throws(() => metaOf('x', 'schedule: 60'), refused(/schedule: only a plugin with "changes: false"/));
  assert.throws(() => metaOf('x', 'changes: false\nschedule: 1'), refused(/10 or more/));
  assert.deepEqual(metaOf('x', '').changes, true);
  assert.deepEqual(metaOf('x', 'reading: true').changes, false);
});

it('a wrong return is an error that names the place, and a right one is taken as it is', () => {
  const right = { status: 'OK', message: 'fine', data: { a: [1] }, metrics: { load: 0.5 } };
  assert.deepEqual(verdictOf(right), right);
  assert.deepEqual(verdictOf({ status: 'warning' }), { status: 'warning', message: '', data: null, metrics: {} });
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [true, /return: a map with status, message and data is expected, not a boolean/],
    [{ status: 'fine' }, /return\.status: "fine"/],
    [{ status: 'OK', message: 5 }, /return\.message: a text is expected, not a number/],
    [{ status: 'OK', metrics: { a: 'x' } }, /return\.metrics\.a: a number is expected, not a string/],
    [{ status: 'OK', metrics: { 'a b': 1 } }, /"a b" cannot name a metric/],
    [{ status: 'OK', result: 1 }, /return\.result: there is no such key/],
  ];
  for (const [value, message] of wrong) {
    const verdict = verdictOf(value);
    assert.equal(verdict.status, 'error');
    assert.match(verdict.message, message);
    assert.deepEqual(verdict.data, value);
  }
});
