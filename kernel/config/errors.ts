import { TsaltError } from '../../protocol/errors.ts';

/** Where a value came from. `file` is `command line` for overrides; `line` counts from 1. */
export interface Source {
  readonly file: string;
  readonly line?: number;
}

export interface ConfigProblem extends Source {
  readonly message: string;
}

export const placeOf = ({ file, line }: Source): string => (line === undefined ? file : `${file}:${line}`);

/** The configuration cannot be used. The message has a line for each problem, with its file and line. */
export class BadConfig extends TsaltError {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[], cause?: unknown) {
    super('bad-config', problems.map((problem) => `${placeOf(problem)}: ${problem.message}`).join('\n'), { cause });
    this.problems = problems;
  }
}

/** A note about the configuration that does not stop anything. */
export interface ConfigWarning extends ConfigProblem {
  /** `warning`: probably a mistake. `info`: an option of Salt that is not provided. `debug`: a key of the user's own. */
  readonly level: 'warning' | 'info' | 'debug';
}
