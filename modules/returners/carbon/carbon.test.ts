import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { aResult, returnerContract, returnersOf } from '../../../test/contracts/returner.ts';
import { Carbon } from '../../../test/support/carbon.ts';
import { debianPackages } from '../../../test/support/debian.ts';
import { until } from '../../../test/support/process.ts';
import { float } from '../../define.ts';
import carbon from './index.ts';
import { pointsOf } from './points.ts';

const absent = debianPackages('graphite-carbon', 'python3-whisper');

const config = (house: Carbon, mode: 'text' | 'pickle') => ({
  carbon: { host: '127.0.0.1', mode },
  'carbon.port': mode === 'text' ? house.port : house.picklePort,
});

/** Values by minion of the metric `test.value.<minion>`. */
async function received(house: Carbon): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  const dir = join(house.whisper, 'test/value');
  for (const file of readdirSync(house.whisper).includes('test') ? readdirSync(dir) : []) {
    const id = file.replace(/\.wsp$/, '');
    const [value] = (await house.points(`test.value.${id}`)).values();
    if (value !== undefined) found.set(id, value);
  }
  return found;
}

if (absent === false)
  for (const mode of ['text', 'pickle'] as const)
    describe(`by the ${mode} protocol`, () => {
      returnerContract('carbon', async () => {
        const house = await Carbon.open();
        return {
          returner: carbon,
          config: config(house, mode),
          numbersOnly: true,
          received: () => received(house),
          away: () => house.stop(),
          back: () => house.start(),
          [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
        };
      });
    });

describe('metrics of carbon', () => {
  const naming = { pattern: '[module].[function].[minion_id]', base: '' };
  const names = (fun: string | string[], value: Parameters<typeof aResult>[1], parts = {}) =>
    pointsOf({ at: new Date(1_700_000_000_900), what: { ...aResult('web.example', value), fun } }, { ...naming, ...parts }).map(
      ({ path, value: number, at }) => `${path} ${number} ${at}`,
    );

  it('are the numbers of maps and lists, with dotted names and the second of the result', () => {
    assert.deepEqual(names('status.loadavg', { one: 0.5, list: [1, float(2)], deep: { er: '3.5', yes: true } }), [
      'status.loadavg.web_example.one 0.5 1700000000',
      'status.loadavg.web_example.list.0 1 1700000000',
      'status.loadavg.web_example.list.1 2 1700000000',
      'status.loadavg.web_example.deep.er 3.5 1700000000',
      'status.loadavg.web_example.deep.yes 1 1700000000',
    ]);
  });

  it('begin as the pattern says, after the base, and those of virt bear no minion', () => {
    const parts = { pattern: 'carbon.[minion_id].[module].[function]', base: 'prod.' };
    assert.deepEqual(names('test.ping', true, parts), ['prod.carbon.web_example.test.ping 1 1700000000']);
    assert.deepEqual(names('virt.vm_cputime', { vm: 4 }, parts), ['prod.virt.vm_cputime.vm 4 1700000000']);
  });

  it('cannot break the protocol, nor leave the directory of the metrics', () => {
    assert.deepEqual(names('disk.usage', { '/var lib\n': 1, '../../etc': 2, '': 3, '.': 4 }), [
      'disk.usage.web_example._var_lib_ 1 1700000000',
      'disk.usage.web_example._._etc 2 1700000000',
      'disk.usage.web_example._ 3 1700000000',
      'disk.usage.web_example._ 4 1700000000',
    ]);
  });

  it('of several functions begin with each', () => {
    assert.deepEqual(names(['a.b', 'c.d'], { 'a.b': 1, 'c.d': { e: 2 } }), [
      'a.b.web_example 1 1700000000',
      'c.d.web_example.e 2 1700000000',
    ]);
  });

  it('are given up with the result when a value is no number, or left out with skip_on_error', () => {
    assert.throws(() => names('a.b', { c: 1, d: 'text' }), /the value of a\.b\.web_example\.d is no number: "text"/);
    assert.throws(() => names('a.b', { c: NaN }), /no number/);
    const skipped: string[] = [];
    assert.deepEqual(names('a.b', { c: 1, d: null }, { skip: (text: string) => skipped.push(text) }), ['a.b.web_example.c 1 1700000000']);
    assert.deepEqual(skipped, ['the value of a.b.web_example.d is no number: null']);
  });
});

describe('carbon with a large batch', { skip: absent }, () => {
  it('sends more in one go than Carbon takes in one frame', { timeout: 120_000 }, async () => {
    await using house = await Carbon.open();
    const { returners, logged } = returnersOf({ returner: carbon, config: config(house, 'pickle') });
    const many = Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`${'long'.repeat(30)}${index}`, index]));
    returners.hand(['carbon'], aResult('big', many));
    await returners.settle(20_000);
    await until('the last one is there', async () => (await house.points(`test.value.big.${'long'.repeat(30)}1199`)).size > 0);
    await returners.close();
    assert.deepEqual(logged, []);
  });

  it('gives up one result that has no number, and no other', { timeout: 120_000 }, async () => {
    await using house = await Carbon.open();
    const { returners, logged } = returnersOf({ returner: carbon, config: config(house, 'text') });
    for (const [id, value] of [
      ['one', 1],
      ['bad', 'text'],
      ['two', 2],
    ] as const)
      returners.hand(['carbon'], aResult(id, value));
    await returners.settle(20_000);
    const found = await until('both are there', async () => ((await received(house)).size === 2 ? await received(house) : undefined));
    assert.deepEqual(Object.fromEntries(found), { one: 1, two: 2 });
    await returners.close();
    assert.equal(logged.length, 1);
    assert.match(String(logged[0]), /the returner carbon failed, 1 result did not get there: the value of test\.value\.bad is no number/);
  });
});
