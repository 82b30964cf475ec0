import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { flag, int, list, number, optionsOf, type ToolSpec, text } from './option.ts';
import { parse, UsageError } from './parse.ts';

const tool: ToolSpec = {
  prog: 'tool',
  usage: '[options]',
  about: 'A tool.',
  groups: [
    {
      options: [
        flag('verbose', ['-v', '--verbose'], ''),
        flag('version', ['--version'], ''),
        flag('static', ['-s', '--static'], ''),
        text('output', ['--out', '--output'], ''),
        text('level', ['-l'], '', { choices: ['info', 'debug'], closed: true }),
        int('indent', ['--out-indent'], ''),
        number('timeout', ['-t', '--timeout'], ''),
        list('root', ['--root'], ''),
      ],
    },
  ],
};

const refused = (argv: string[], message: string): void => {
  assert.throws(
    () => parse(tool, argv),
    (error) => error instanceof UsageError && error.message === message,
  );
};

describe('options', () => {
  it('stand anywhere between the words', () => {
    const parsed = parse(tool, ['a', '-v', 'b', '--out', 'json', 'c']);
    assert.deepEqual(parsed.words, ['a', 'b', 'c']);
    assert.equal(parsed.flag('verbose'), true);
    assert.equal(parsed.text('output'), 'json');
  });
  it('with a closed list of choices refuse others', () => {
    assert.equal(parse(tool, ['-l', 'debug']).text('level'), 'debug');
    refused(['-l', 'loud'], "option -l: invalid choice: 'loud' (choose from 'info', 'debug')");
  });
  it('take their value attached or as the next word', () => {
    for (const argv of [['-t5'], ['-t', '5'], ['--timeout=5'], ['--timeout', '5'], ['-vst5']]) {
      assert.equal(parse(tool, argv).number('timeout'), 5, argv.join(' '));
    }
  });
  it('take a negative number for a value', () => {
    assert.equal(parse(tool, ['--out-indent', '-1']).number('indent'), -1);
  });
  it('may be abbreviated while they stay clear', () => {
    assert.equal(parse(tool, ['--stat']).flag('static'), true);
    assert.equal(parse(tool, ['--out=x']).text('output'), 'x');
    refused(['--ver'], 'ambiguous option: --ver (--verbose, --version?)');
  });
  it('end behind two dashes', () => {
    assert.deepEqual(parse(tool, ['--', '-v', '--nosuch']).words, ['-v', '--nosuch']);
  });
  it('leave a lone dash alone', () => {
    assert.deepEqual(parse(tool, ['-']).words, ['-']);
  });
  it('may be given several times when they are lists', () => {
    assert.deepEqual(parse(tool, ['--root=a', '--root', 'b']).list('root'), ['a', 'b']);
  });
  it('are refused in the words of optparse', () => {
    refused(['--nosuch=1'], 'no such option: --nosuch');
    refused(['-vx'], 'no such option: -x');
    refused(['-t'], '-t option requires 1 argument');
    refused(['--static=1'], '--static option does not take a value');
    refused(['--out-indent=x'], "option --out-indent: invalid integer value: 'x'");
    refused(['-t', 'x'], "option -t: invalid floating-point value: 'x'");
  });
  it('never make the parser fail in any other way', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(...optionsOf(tool).flatMap((option) => option.flags)), fc.constant('--'));
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        try {
          parse(tool, argv);
        } catch (error) {
          assert.ok(error instanceof UsageError);
        }
      }),
    );
  });
});
