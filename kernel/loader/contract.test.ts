import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execSources } from '../../minion/builtins.ts';
import type { ArgTable } from '../../modules/define.ts';
import { createHost } from './host.ts';
import { createLoader } from './registry.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Every built-in one, so that a new one is held to the contract without being named here. */
const sources = execSources;

const grains = { os: 'Debian', os_family: 'Debian', kernel: 'Linux', init: 'systemd' };
const loader = createLoader({
  id: 'web1',
  sources,
  host: createHost(() => grains),
  config: () => ({ id: 'web1' }),
  grains: () => grains,
  pillar: () => ({}),
  log: silent,
});
const job = (fun: string) => ({ fun, signal: new AbortController().signal });
const text = async (fun: string, ...args: unknown[]) => String((await loader.invoke(fun, args, job(fun))).value);

test('there are modules to hold to the contract', () => {
  assert.ok(sources.some((source) => source.name === 'test'));
});

for (const source of sources) {
  test(`${source.name} keeps the contract of a module`, async () => {
    const { default: module } = await source.load();
    assert.equal(module.name, source.name);
    for (const [name, definition] of Object.entries(module.calls)) {
      const fun = `${module.name}.${name}`;
      const table: ArgTable = definition.args;
      assert.notEqual(definition.doc.trim(), '', `${fun} says what it does`);
      const required = Object.values(table).map((arg) => arg.required === true);
      assert.deepEqual(
        required,
        [...required].sort((a, b) => Number(b) - Number(a)),
        `${fun} asks for required arguments first`,
      );
      assert.ok(
        Object.values(table).every((arg) => !(arg.required && arg.default !== undefined)),
        `${fun} has no default for a required one`,
      );
      assert.ok(
        Object.values(table).every((arg) => arg.doc !== ''),
        `${fun} explains its arguments`,
      );
    }
  });

  test(`${source.name} is documented and described by the loader`, async () => {
    const functions = (await loader.functions()).filter((name) => name.startsWith(`${source.name}.`));
    assert.deepEqual(Object.keys(await loader.docs(source.name)), functions);
    assert.deepEqual(Object.keys(await loader.argspec(`${source.name}.*`)), functions);
  });
}

test('the texts of failed calls are those of Salt', async () => {
  assert.match(
    await text('test.sleep'),
    /^Passed invalid arguments to test\.sleep: sleep\(\) missing 1 required positional argument: 'length'\n\n {4}/,
  );
  assert.equal(
    await text('test.ping', { __kwarg__: true, foo: 'bar' }),
    "ERROR executing 'test.ping': The following keyword arguments are not valid: foo=bar",
  );
  assert.equal(await text('test.nosuch'), "'test.nosuch' is not available.");
  assert.equal(await text('nosuch.func'), "'nosuch.func' is not available.");
  assert.match(
    await text('test.exception', 'boom'),
    /^The minion function caused an exception: Traceback \(most recent call last\):\n[\s\S]*\n\w+: boom$/,
  );
});

test('a command runs through the loader, with its return code', async () => {
  const outcome = await loader.invoke('cmd.run', ['echo out; exit 3'], { ...job('cmd.run'), pub: { jid: '20260101000000000000' } });
  assert.deepEqual([outcome.value, outcome.retcode, outcome.success], ['out', 3, false]);
});
