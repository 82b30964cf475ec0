import { type Returnable, returner } from '../define.ts';
import { strictJson } from './json.ts';
import { connectionOptions } from './postgres_options.ts';
import { tables } from './postgres_tables.ts';

export default returner({
  name: 'pgjsonb',
  doc: "Writes each result into a PostgreSQL database, in the tables of Salt's returner pgjsonb: values as jsonb, to be searched.",
  example: `returner.pgjsonb.host: db.example.com
returner.pgjsonb.user: salt
returner.pgjsonb.pass: 0123456789
returner.pgjsonb.db: salt`,
  prefixes: ['returner.pgjsonb', 'pgjsonb'],
  options: connectionOptions,
  open: (options, ctx) => tables(options, { write: (value) => withoutNul(strictJson(value)), read: (column) => column as Returnable }, ctx),
});

/** The one character that jsonb refuses; a backslash before it may itself be escaped. */
const withoutNul = (text: string): string => text.replace(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\ufffd');
