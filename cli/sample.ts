import { readFileSync } from 'node:fs';

/** A recorded run of one of Salt's tools: its command line and what it printed; for tests. */
export interface Sample {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  /** The job id in its output, if there is one. */
  readonly jid: string;
}

/** Lines Salt writes about itself, not about the job. */
const NOISE = /unclosed|DeprecationWarning|import crypt/;

/** Reads `samples/<name>.txt`, with our tools' names for Salt's. */
export function sample(name: string): Sample {
  const text = readFileSync(new URL(`samples/${name}.txt`, import.meta.url), 'utf8');
  const [, command = '', stdout = '', stderr = '', code = ''] =
    /^\$ (.*)\n--- stdout\n([\s\S]*)--- stderr\n([\s\S]*)--- exit code: (\d+)/.exec(text) ?? [];
  return {
    argv: words(command).slice(1),
    stdout: renamed(stdout),
    stderr: renamed(stderr)
      .split('\n')
      .filter((line) => !NOISE.test(line))
      .join('\n'),
    code: Number(code),
    jid: /\b20\d{18}\b/.exec(stdout)?.[0] ?? '20261123234101674908',
  };
}

const renamed = (text: string): string => text.replaceAll(/salt(?=-run jobs)|\bsalt(?=: error:| \[options\])/g, 'tsalt');

/** The words of a command line in which every special character stands behind a backslash. */
function words(command: string): string[] {
  return (command.match(/(?:\\.|[^ \\])+/g) ?? []).map((word) => (word === "''" ? '' : word.replace(/\\(.)/g, '$1')));
}
