import type { JinjaError } from './errors.ts';

export type TokenKind =
  | 'data'
  | 'block begin'
  | 'block end'
  | 'variable begin'
  | 'variable end'
  | 'name'
  | 'integer'
  | 'float'
  | 'string'
  | 'operator'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong here with the text: it counts when the parser comes here, and not before. */
  readonly error?: JinjaError;
}

/** As Jinja names a token in its messages. */
export function describe({ kind, text }: Token): string {
  switch (kind) {
    case 'end':
      return 'end of template';
    case 'block end':
      return 'end of statement block';
    case 'variable end':
      return 'end of print statement';
    case 'data':
      return 'template data / text';
    case 'block begin':
      return 'begin of statement block';
    case 'variable begin':
      return 'begin of print statement';
    default:
      return kind === 'name' || kind === 'operator' ? text : kind;
  }
}
