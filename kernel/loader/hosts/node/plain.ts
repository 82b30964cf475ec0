import type { AnyCall, Arg, ExecModule } from '../../../../modules/define.ts';
import { type Parameter, parametersOf } from './parameters.ts';

type PlainFunction = (ctx: unknown, ...args: readonly unknown[]) => ReturnType<AnyCall['run']>;

/**
 * A definition of a module that exports functions instead of one, as modules of Python do: each takes the context
 * first, then its arguments by the names they have in the source. Names that do not begin with a letter are its own affair.
 */
export function plainDefinition(name: string, exported: Readonly<Record<string, unknown>>, doc: string): ExecModule {
  const functions = Object.entries(exported)
    .filter((entry): entry is [string, PlainFunction] => typeof entry[1] === 'function' && /^[a-z]\w*$/i.test(entry[0]))
    .filter(([own]) => own !== 'serves');
  return { name, doc, calls: Object.fromEntries(functions.map(([own, run]) => [own, plainCall(run)])) };
}

function plainCall(run: PlainFunction): AnyCall {
  const all = parametersOf(run.toString());
  const rest = all.find(({ name }) => name.startsWith('...'));
  const parameters = all.slice(1).filter((parameter) => parameter !== rest);
  return {
    doc: '',
    examples: [],
    args: Object.fromEntries(parameters.map((parameter) => [parameter.name, argOf(parameter)])),
    ...(rest === undefined ? {} : { rest: rest.name.slice(3) }),
    changes: true,
    run: (ctx, args: Readonly<Record<string, unknown>>) => run(ctx, ...parameters.map(({ name }) => args[name]), ...ctx.rest),
  };
}

/** A default that is no literal is the function's own affair: it is called without the argument. */
const argOf = ({ optional, fallback }: Parameter): Arg => ({
  type: 'any',
  doc: '',
  ...(optional ? {} : { required: true }),
  ...(fallback === undefined ? {} : { default: fallback }),
});

/** The comment right before an exported function of a source, as Salt's `sys.doc` has docstrings; empty if there is none. */
export function commentOf(name: string, source: string): string {
  const exported = `\\s*export\\s+(?:async\\s+)?(?:function\\s*\\*?|const|let)\\s+${name}\\b`;
  const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/${exported}`).exec(source)?.[1];
  if (comment === undefined) return '';
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  return `\n    ${lines
    .join('\n')
    .trim()
    .replace(/\n(?!\n)/g, '\n    ')}\n    `;
}
