import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';

const ODD = `
import datetime
import decimal
import sys
import threading


class Thing:
    pass


def a_bigint():
    return 2 ** 70


def a_negative_bigint():
    return -(2 ** 70)


def a_nan():
    return [float("nan"), float("inf"), float("-inf")]


def a_bytes():
    return b"\\xff\\x00abc"


def a_datetime():
    return datetime.datetime(2020, 1, 2, 3, 4, 5)


def a_set():
    return {"one"}


def a_tuple():
    return (1, (2, 3))


def int_keys():
    return {1: "one", 2: {3: "three"}}


def a_generator():
    return (n * n for n in range(3))


def nothing():
    return None


def unicode():
    return "\\u00e9\\u4e2d\\U0001f600\\x00\\x1b[0m"


def proto():
    return {"__proto__": {"polluted": True}, "constructor": 1}


def an_object():
    return {"list": [1, Thing()]}


def a_function():
    return {"call": {"back": lambda: 1}}


def a_lock():
    return [threading.Lock()]


def a_circle():
    circle = {"name": "round"}
    circle["inner"] = [circle]
    return circle


def deep():
    value = []
    for _ in range(5000):
        value = [value]
    return value


def half_a_pair():
    return {"text": "\\ud800"}


def tuple_keys():
    return {(1, 2): "a"}


def a_raising():
    raise ValueError("no luck today")


def an_exit():
    sys.exit(4)


def a_crash():
    import os, signal
    os.kill(os.getpid(), signal.SIGSEGV)


def a_recursion():
    return a_recursion()


def huge():
    return "x" * 20_000_000


def a_bad_generator():
    def numbers():
        yield 1
        raise RuntimeError("the well is dry")
    return numbers()
`;

/** What comes back as data, as it stands in the JSON that the command line prints. */
const DATA: Readonly<Record<string, string>> = {
  a_bigint: '"1180591620717411303424"',
  a_negative_bigint: '"-1180591620717411303424"',
  a_nan: '[ NaN, Infinity, -Infinity ]',
  a_bytes: String.raw`"b'\\xff\\x00abc'"`,
  a_datetime: '"2020-01-02 03:04:05"',
  a_set: '[ "one" ]',
  a_tuple: '[ 1, [ 2, 3 ] ]',
  int_keys: '{ "1": "one", "2": { "3": "three" } }',
  a_generator: '[ 0, 1, 4 ]',
  nothing: 'null',
  unicode: String.raw`"é中😀\u0000\u001b[0m"`,
  proto: '{ "__proto__": { "polluted": true }, "constructor": 1 }',
};

/** What cannot travel, with what the error must tell: where it is and what it is. */
const ERRORS: Readonly<Record<string, RegExp>> = {
  an_object: /return\.list\[1\].*Thing/s,
  a_function: /return\.call\.back.*function/s,
  a_lock: /return\[0\].*lock/s,
  a_circle: /return\.inner\[0\].*itself/s,
  deep: /return(\[0\])+.*deep/s,
  half_a_pair: /return\.text.*Unicode/s,
  tuple_keys: /return.*key.*\(1, 2\)/s,
  a_raising: /no luck today/,
  an_exit: /4/,
  a_crash: /signal|SIGSEGV|ended|died/i,
  a_recursion: /recursion/i,
  a_bad_generator: /the well is dry/,
};

for (const kind of ['native', 'salt']) {
  suite(`a Python module returns what is hard to carry (suite ${kind})`, () => {
    let house: House;
    before(async () => {
      house = await House.open('tsalt');
      house.serve('_modules/odd.py', ODD);
      await house.startMaster();
      house.addMinion('tsalt', 'one', { suite: kind });
      await house.answering('one');
      assert.deepEqual(await house.results('one', 'saltutil.sync_modules'), { one: ['modules.odd'] });
    });
    after(() => house[Symbol.asyncDispose]());

    for (const [name, json] of Object.entries(DATA)) {
      test(`${name} comes back as data`, async () => {
        const { stdout, code } = await house.cli('-t', '60', '--out=json', 'one', `odd.${name}`);
        assert.equal(stdout.trim().replace(/\s+/g, ' '), `{ "one": ${json} }`);
        assert.equal(code, 0);
      });
    }

    for (const [name, error] of Object.entries(ERRORS)) {
      test(`${name} comes back as an error that tells what is wrong`, async () => {
        const { stdout, code } = await house.cli('-t', '60', '--out=json', 'one', `odd.${name}`);
        const { one } = JSON.parse(stdout) as { one: unknown };
        assert.equal(typeof one, 'string');
        assert.doesNotMatch(String(one), /did not return/);
        assert.match(String(one), error);
        assert.equal(code, 1);
      });
    }

    test('a text of 20 MB arrives whole', async () => {
      const { stdout } = await house.cli('-t', '60', '--out=txt', 'one', 'odd.huge');
      assert.equal(stdout.length, 'one: '.length + 20_000_000 + 1);
    });

    test('the minion works on after all of it', async () => {
      assert.deepEqual(await house.results('one', 'test.ping'), { one: true });
    });
  });
}
