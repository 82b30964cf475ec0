import type { Operator } from '../python/arithmetic.ts';
import type { Value } from '../python/value.ts';

interface At {
  readonly line: number;
}
export interface Argument {
  readonly name?: string;
  /** `*x` or `**x`. */
  readonly spread?: '*' | '**';
  readonly value: Expression;
}
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export type Expression = At &
  (
    | { readonly type: 'constant'; readonly value: Value }
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'list' | 'tuple' | 'concat'; readonly items: readonly Expression[] }
    | { readonly type: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
    | { readonly type: 'attribute'; readonly of: Expression; readonly name: string }
    | { readonly type: 'item'; readonly of: Expression; readonly key: Expression }
    | {
        readonly type: 'slice';
        readonly of: Expression;
        readonly bounds: readonly [Expression | undefined, Expression | undefined, Expression | undefined];
      }
    | { readonly type: 'call'; readonly of: Expression; readonly args: readonly Argument[] }
    | { readonly type: 'filter'; readonly name: string; readonly of: Expression; readonly args: readonly Argument[] }
    | { readonly type: 'test'; readonly name: string; readonly of: Expression; readonly args: readonly Argument[] }
    | { readonly type: 'not' | 'minus' | 'plus'; readonly of: Expression }
    | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly type: 'arithmetic'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
    | { readonly type: 'compare'; readonly first: Expression; readonly rest: readonly (readonly [Comparison, Expression])[] }
    | { readonly type: 'if'; readonly condition: Expression; readonly value: Expression; readonly otherwise: Expression | undefined }
  );

/** What an assignment goes to. */
export type Target = At &
  (
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'member'; readonly of: string; readonly name: string }
    | { readonly type: 'several'; readonly targets: readonly Target[] }
  );

export interface Parameter {
  readonly name: string;
  readonly fallback: Expression | undefined;
}
export type Body = readonly Statement[];
export interface FilterCall {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly line: number;
}

export type Statement = At &
  (
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'print'; readonly value: Expression }
    | { readonly type: 'do'; readonly value: Expression }
    | { readonly type: 'if'; readonly cases: readonly (readonly [Expression, Body])[]; readonly otherwise: Body }
    | {
        readonly type: 'for';
        readonly target: Target;
        readonly over: Expression;
        readonly condition: Expression | undefined;
        readonly recursive: boolean;
        readonly body: Body;
        readonly otherwise: Body;
      }
    | { readonly type: 'break' | 'continue' }
    | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
    | { readonly type: 'set block'; readonly target: Target; readonly filters: readonly FilterCall[]; readonly body: Body }
    | { readonly type: 'with'; readonly values: readonly (readonly [Target, Expression])[]; readonly body: Body }
    | { readonly type: 'filter'; readonly filters: readonly FilterCall[]; readonly body: Body }
    | { readonly type: 'macro'; readonly name: string; readonly parameters: readonly Parameter[]; readonly body: Body }
    | { readonly type: 'call'; readonly parameters: readonly Parameter[]; readonly value: Expression; readonly body: Body }
    | { readonly type: 'include'; readonly template: Expression; readonly ignoreMissing: boolean; readonly withContext: boolean }
    | { readonly type: 'import'; readonly template: Expression; readonly as: string; readonly withContext: boolean }
    | {
        readonly type: 'from';
        readonly template: Expression;
        readonly names: readonly (readonly [string, string])[];
        readonly withContext: boolean;
      }
    | { readonly type: 'extends'; readonly template: Expression }
    | { readonly type: 'block'; readonly name: string; readonly required: boolean; readonly scoped: boolean; readonly body: Body }
    | { readonly type: 'load'; readonly format: Format; readonly target: Target; readonly body: Body }
    | { readonly type: 'import data'; readonly format: Format; readonly template: Expression; readonly as: string }
    | { readonly type: 'group'; readonly body: Body }
  );
export type Format = 'yaml' | 'json' | 'text';
