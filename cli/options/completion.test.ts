import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { callSpec } from '../call/options.ts';
import { copySpec } from '../copy/options.ts';
import { keySpec } from '../keys/options.ts';
import { tsaltSpec } from '../publish/options.ts';
import { runSpec } from '../run/options.ts';
import { completionScript } from './completion.ts';
import { helpText } from './help.ts';
import { optionsOf } from './option.ts';
import { UsageError } from './parse.ts';

const tools = [tsaltSpec, keySpec, runSpec, callSpec, copySpec];

/** What bash offers for the words, the last of which is being typed. */
function offered(words: readonly string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `${completionScript(tsaltSpec, 'bash')}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _tsalt; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it('offers options in bash', () => {
    assert.deepEqual(offered(['tsalt', '--batch-s']), ['--batch-size', '--batch-safe-limit', '--batch-safe-size']);
  });
  it('offers the values of an option in bash', () => {
    assert.deepEqual(offered(['tsalt', '--out', '=', 'ne']), ['nested', 'newline_values_only']);
    assert.deepEqual(offered(['tsalt', '--state-output', 'mi']), ['mixed', 'mixed_id']);
  });
  it('names every flag of every tool in each shell', () => {
    for (const tool of tools) {
      for (const flag of optionsOf(tool).flatMap((option) => option.flags)) {
        assert.ok(completionScript(tool, 'bash').includes(flag));
        assert.ok(completionScript(tool, 'zsh').includes(`'${flag}`));
        assert.ok(completionScript(tool, 'fish').includes(flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      }
    }
  });
  it('is refused for other shells', () => {
    assert.throws(() => completionScript(tsaltSpec, 'tcsh'), UsageError);
    assert.throws(() => completionScript(tsaltSpec, 'constructor'), UsageError);
  });
});

describe('the options of a tool', () => {
  it('use no flag twice', () => {
    for (const tool of tools) {
      const flags = optionsOf(tool).flatMap((option) => option.flags);
      assert.deepEqual(flags, [...new Set(flags)], tool.prog);
    }
  });
  it('are all in its help, which fits 80 columns', () => {
    for (const tool of tools) {
      const help = helpText(tool);
      for (const option of optionsOf(tool)) assert.ok(help.includes(option.flags[0] ?? ''), `${tool.prog} ${option.name}`);
      for (const line of help.split('\n')) assert.ok(line.length < 80 || line.trimStart().startsWith('-'), line);
    }
  });
});
