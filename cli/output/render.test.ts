import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { OutputOptions } from './outputter.ts';
import { readRecorded } from './recorded.ts';
import { render } from './render.ts';

interface Case {
  readonly case?: string;
  readonly out?: string;
  readonly options: Record<string, unknown>;
  readonly data: unknown;
  readonly text: string;
}

const read = (name: string): Case[] => readRecorded(readFileSync(new URL(name, import.meta.url), 'utf8')) as Case[];

const NAMES: Readonly<Record<string, string>> = { state_output: 'output', state_compress_ids: 'compressIds' };

/** Salt's option names, as the cases have them, to ours. */
function optionsOf(options: Record<string, unknown>): OutputOptions {
  const { color, output_indent: indent, ...state } = options;
  const named = Object.fromEntries(
    Object.entries(state).map(([name, value]) => [NAMES[name] ?? name.replace('state_output_', '').replace('state_', ''), value]),
  );
  return { color: color === true, state: named, ...(indent === undefined ? {} : { indent: indent as number | 'pretty' }) };
}

describe('state results, as real Salt printed them', () => {
  read('cases.json').forEach((item, index) => {
    it(`${index} ${item.case} ${JSON.stringify(item.options)}`, async () => {
      assert.equal((await render(item.data, 'highstate', optionsOf(item.options))).text, item.text);
    });
  });
});

describe('state results under every option, and what only looks like them', () => {
  read('recorded-states.json').forEach((item, index) => {
    it(`${index} ${JSON.stringify(item.options)}`, async () => {
      assert.equal((await render(item.data, 'highstate', optionsOf(item.options))).text, item.text);
    });
  });
});

describe('values of all kinds, as real Salt printed them', () => {
  read('recorded.json').forEach((item, index) => {
    it(`${index} ${item.out === '' ? 'no outputter' : item.out} ${JSON.stringify(item.options)}`, async () => {
      assert.equal((await render(item.data, item.out, optionsOf(item.options))).text, item.text);
    });
  });
});
