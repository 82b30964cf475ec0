import type { Mark } from './errors.ts';

export type TokenKind =
  | 'stream end'
  | 'directive'
  | 'document start'
  | 'document end'
  | 'block sequence start'
  | 'block mapping start'
  | 'block end'
  | '['
  | ']'
  | '{'
  | '}'
  | '-'
  | ','
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface Token {
  readonly kind: TokenKind;
  readonly mark: Mark;
  /** Of scalars, names and tags. */
  readonly text: string;
  /** Of a scalar without quotes: its words may mean a number or a boolean. */
  readonly plain: boolean;
}

export const token = (kind: TokenKind, mark: Mark, text = '', plain = false): Token => ({ kind, mark, text, plain });
