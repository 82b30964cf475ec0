import { CallRefused } from '../../define.ts';

/** A name in double quotes. */
export const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text in single quotes. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name that Salt writes as it was given: a plain word stays, so that its letters are folded, and so does what has quotes of its own. */
export const word = (name: string): string => (/^(?:[A-Za-z_][\w$]*|"(?:[^"]|"")*")$/.test(name) ? name : named(name));

/** A value of CREATE DATABASE in quotes. Throws CallRefused if it has such a quote in it. */
export function fenced(value: string, quote: "'" | '"'): string {
  if (value.includes(quote)) throw new CallRefused(`Unsupported character ${quote} in value: ${value}`);
  return `${quote}${value}${quote}`;
}

/** The elements of an array as PostgreSQL writes it: `{a,"b c",NULL}`. */
export const arrayOf = (text: string): string[] =>
  [...text.replace(/^\{|\}$/g, '').matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'),
  );
