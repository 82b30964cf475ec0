import { isMapping } from '../../../kernel/targeting/python.ts';
import type { Returnable } from '../../../modules/define.ts';
import type { Outcome } from '../../define.ts';

export const ARGS = {
  name: { type: 'string', required: true, doc: 'the file' },
  sections: { type: 'any', doc: 'options by section; options outside of sections by name' },
  separator: { type: 'string', default: '=', doc: 'what stands between name and value' },
  encoding: { type: 'string', doc: 'of the file: utf-8 by default, ascii, latin-1, utf-16-le' },
} as const;

export interface File {
  readonly name: string;
  readonly separator: string;
  readonly encoding?: string | undefined;
}
/** The file as functions of `ini` take it. */
export const fileOf = ({ name, separator, encoding }: File): Record<string, Returnable> => ({
  file_name: name,
  separator,
  encoding: encoding ?? null,
});

export type Table = Readonly<Record<string, Returnable>>;
export const isTable = (value: Returnable | undefined): value is Table => value !== undefined && isMapping(value);

export const UNCHANGED = 'No anomaly detected';
export const CHANGED = 'Changes take effect';

/** Lines of a prediction, and whether one of them is a change. */
export class Prediction {
  #lines = '';
  #changes = false;

  line(text: string, changes: boolean): void {
    this.#lines += `${text}.\n`;
    this.#changes ||= changes;
  }

  /** `otherwise`: what is said when there is nothing to say. */
  outcome(otherwise = ''): Outcome {
    return { result: this.#changes ? null : true, comment: this.#lines === '' ? otherwise : this.#lines, changes: {} };
  }
}
