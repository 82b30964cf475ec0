import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { OutputOptions } from '../../cli/output/outputter.ts';
import { readRecorded } from '../../cli/output/recorded.ts';
import { render } from '../../cli/output/render.ts';
import { realSalt } from '../support/salt.ts';
import { differing, outputterCases } from './outputter-cases.ts';

/** What the real one printed, or the kind of exception it ended with. */
type Printed = { readonly text: string } | { readonly crash: string };
type Options = Readonly<Record<string, unknown>>;

const salt = realSalt();
const cases = JSON.stringify(outputterCases);

function realTexts(bin: string): Printed[][] {
  const script = new URL('./outputter.py', import.meta.url).pathname;
  const out = execFileSync(join(bin, 'python'), [script], { input: cases, encoding: 'utf8', maxBuffer: 1 << 30 });
  return JSON.parse(out) as Printed[][];
}

/** Salt's names of the options to ours. */
function optionsOf(options: Options): OutputOptions {
  const { color, no_color, force_color, strip_colors, output_indent, arg, ...state } = options;
  const named = Object.entries(state).map(([name, value]) => [NAMES[name] ?? name.replace(/^state_(output_)?/, ''), value]);
  return {
    color: force_color === true || (color === true && no_color !== true),
    state: Object.fromEntries([['stripColors', strip_colors ?? true], ...named]) as OutputOptions['state'] & object,
    ...(arg === undefined ? {} : { args: arg as unknown[] }),
    ...(output_indent === undefined ? {} : { indent: output_indent as number }),
  };
}

const NAMES: Readonly<Record<string, string>> = { state_output: 'output', state_compress_ids: 'compressIds' };

describe('state results are printed as the real Salt prints them', { skip: salt === undefined && 'the real Salt is not here' }, () => {
  const real = salt === undefined ? [] : realTexts(salt);
  const { data } = readRecorded(cases) as { data: unknown[] };
  const common = data.length - differing.length;
  const both = async (index: number, nth: number): Promise<{ readonly ours: string; readonly theirs: Printed }> => {
    const theirs = real[index]?.[nth];
    assert.ok(theirs !== undefined);
    return { ours: (await render(data[index], 'highstate', optionsOf(outputterCases.options[nth] ?? {}))).text, theirs };
  };
  for (let index = 0; index < common; index++) {
    test(`${index} ${JSON.stringify(outputterCases.data[index]).slice(0, 100)}`, async () => {
      for (const [nth, options] of outputterCases.options.entries()) {
        const { ours, theirs } = await both(index, nth);
        // Where the real one crashes, anything readable is better.
        if ('crash' in theirs) assert.notEqual(ours, '', JSON.stringify(options));
        else assert.equal(ours, theirs.text, JSON.stringify(options));
      }
    });
  }
  differing.forEach(({ why }, nth) => {
    test(`${common + nth} differs: ${why}`, async () => {
      const texts = await Promise.all(outputterCases.options.map((_, option) => both(common + nth, option)));
      const same = texts.every(({ ours, theirs }) => 'text' in theirs && ours === theirs.text);
      assert.ok(!same, 'it is the same now, though it is said to differ');
    });
  });
});
