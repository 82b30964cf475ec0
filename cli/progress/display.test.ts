import assert from 'node:assert/strict';
import { it } from 'node:test';
import { capture } from '../fake-master.ts';
import { ProgressDisplay } from './display.ts';
import { type Step, stepOf } from './step.ts';

const step = (minion: string, number: number, over: Partial<Step> = {}): Step => ({
  minion,
  number,
  total: 4,
  id: `id${number}`,
  outcome: 'Clean',
  ...over,
});

/** What a terminal of this size shows after all that was written to it: enough of its language for the display. */
function screen(written: string): string[] {
  const lines = [''];
  for (const [, up, text = '', end] of written.replaceAll('\u001b', '~').matchAll(/~\[(\d+)F~\[J|([^\n~]+)|(\n)/g)) {
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), lines.length, '');
    else if (end !== undefined) lines.push('');
    else lines[lines.length - 1] += text;
  }
  return lines.slice(0, -1);
}

function onTerminal(columns = 80, rows = 24) {
  const { io } = capture();
  let both = '';
  const write = (text: string) => (both += text);
  const display = new ProgressDisplay(
    {
      ...io,
      stdout: { write },
      stderr: { write },
      terminal: { columns: () => columns, rows: () => rows },
    },
    0,
  );
  return { display, shown: () => screen(both) };
}

it('a terminal shows a bar for each minion that runs, with what runs now', () => {
  const { display, shown } = onTerminal();
  display.expect(2);
  display.step(step('web1', 0, { next: 'nginx' }));
  display.step(step('database1', 0));
  display.step(step('database1', 1, { outcome: 'Failed' }));
  assert.deepEqual(shown(), [
    '0 of 2 minions',
    'web1      [#####...............] 1/4 nginx',
    'database1 [##########..........] 2/4 (1 failed) id1',
  ]);
  display.end('web1');
  assert.deepEqual(shown(), ['1 of 2 minions', 'database1 [##########..........] 2/4 (1 failed) id1']);
});

it('what is printed meanwhile stands where the bars were, and nothing of them is left at the end', () => {
  const { display, shown } = onTerminal();
  display.expect(1);
  display.step(step('web1', 0));
  display.io.stdout.write('a result\n');
  display.step(step('web1', 1));
  assert.deepEqual(shown(), ['a result', '0 of 1 minions', 'web1 [##########..........] 2/4 id1']);
  display.clear();
  assert.deepEqual(shown(), ['a result']);
});

it('the bars fit the terminal: lines are cut, and minions beyond its height counted', () => {
  const { display, shown } = onTerminal(30, 6);
  display.expect(9);
  for (let minion = 1; minion <= 9; minion++) display.step(step(`web${minion}`, 0, { id: 'x'.repeat(99) }));
  assert.equal(shown().length, 4);
  assert.equal(shown().at(-1), 'and 7 more');
  assert.ok(shown().every((line) => line.length < 30));
});

it('where stderr is no terminal each step is a line', () => {
  const { io, err, out } = capture();
  const display = new ProgressDisplay(io);
  display.expect(1);
  display.step(step('web1', 0, { outcome: 'Differs' }));
  display.end('web1');
  display.clear();
  assert.equal(err(), 'web1: 1/4 id0: Differs\n1 of 1 minions\n');
  assert.equal(out(), '');
});

it('data that are no step, or name ids with line ends, do no harm', () => {
  for (const data of [null, 'x', {}, { ret: 1, len: 2 }, { ret: { __run_num__: 'x' }, len: 1 }])
    assert.equal(stepOf('web1', data), undefined);
  const odd = stepOf('web1', { ret: { __run_num__: 0, name: 'a\n\u001b[2Jb', result: null, changes: {} }, len: 1 });
  assert.deepEqual(odd, { minion: 'web1', number: 0, total: 1, id: 'a ?[2Jb', outcome: 'Differs' });
});
