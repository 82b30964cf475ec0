import type { AnyCall, Arg, ArgTable } from '../../modules/define.ts';
import { pythonText } from './arguments.ts';

/**
 * A call's documentation in the form in which Salt's `sys.doc` shows docstrings: it begins with a line end
 * and ends with the indentation of the closing quotes.
 */
export const docText = (definition: AnyCall): string => {
  const parts = [paragraph(definition.doc), ...argumentLines(definition), ...exampleLines(definition.examples)];
  return `\n${parts.join('\n\n')}\n    `;
};

const paragraph = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');

const argumentLines = (definition: AnyCall): string[] => {
  const table: ArgTable = definition.args;
  const lines = Object.entries(table).map(([name, arg]) => `    ${name}${defaultText(arg)}\n        ${arg.doc}`);
  if (definition.rest) lines.push(`    *args\n        ${definition.rest}`);
  if (definition.extra) lines.push(`    **kwargs\n        ${definition.extra}`);
  return lines;
};

const defaultText = (arg: Arg): string => (arg.required ? '' : ` : ${pythonText(arg.default)}`);

const exampleLines = (examples: readonly string[]): string[] =>
  examples.length === 0 ? [] : ['    CLI Example:', examples.map((example) => `        ${example}`).join('\n')];

/** Whether `sys.doc` and its kin mean this function: a glob, a module's name, or the function itself. */
export const named = (pattern: string, fun: string): boolean => {
  if (pattern.includes('*') || pattern.includes('?') || pattern.includes('[')) return globToRegExp(pattern).test(fun);
  return pattern === '' || fun === pattern || fun.startsWith(pattern.endsWith('.') ? pattern : `${pattern}.`);
};

const globToRegExp = (glob: string): RegExp => {
  const body = glob.replace(/\[!?[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${body}$`);
};
