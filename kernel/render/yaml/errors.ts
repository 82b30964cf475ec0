import { TsaltError } from '../../../protocol/errors.ts';

/** A place in a document, both counted from 0. */
export interface Mark {
  readonly line: number;
  readonly column: number;
}

/** The steps of reading YAML, as PyYAML names their errors; Salt words each kind in its own way. */
export type YamlStep = 'ReaderError' | 'ScannerError' | 'ParserError' | 'ComposerError' | 'ConstructorError';

/** A document that cannot be read, in the words of PyYAML with libyaml: users and scripts know them. */
export class YamlError extends TsaltError {
  readonly step: YamlStep;
  readonly problem: string;
  readonly mark: Mark | undefined;
  readonly context: string | undefined;
  constructor(step: YamlStep, problem: string, mark?: Mark, context?: string, contextMark?: Mark) {
    super('bad-yaml', wording(problem, mark, context, contextMark));
    this.step = step;
    this.problem = problem;
    this.mark = mark;
    this.context = context;
  }
}

function wording(problem: string, mark?: Mark, context?: string, contextMark?: Mark): string {
  const lines: string[] = [];
  if (context !== undefined) lines.push(context);
  if (contextMark !== undefined && (mark === undefined || contextMark.line !== mark.line || contextMark.column !== mark.column))
    lines.push(place(contextMark));
  lines.push(problem);
  if (mark !== undefined) lines.push(place(mark));
  return lines.join('\n');
}

const place = ({ line, column }: Mark): string => `  in "<unicode string>", line ${line + 1}, column ${column + 1}`;
