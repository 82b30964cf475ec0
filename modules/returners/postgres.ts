import { returner } from '../define.ts';
import { parsedJson, pythonJson } from './json.ts';
import { connectionOptions } from './postgres_options.ts';
import { tables } from './postgres_tables.ts';

export default returner({
  name: 'postgres',
  doc: "Writes each result into a PostgreSQL database, in the tables of Salt's returner postgres: values as JSON text.",
  example: `returner.postgres.host: db.example.com
returner.postgres.user: salt
returner.postgres.passwd: 0123456789
returner.postgres.db: salt`,
  prefixes: ['returner.postgres', 'postgres'],
  options: connectionOptions,
  open: (options, ctx) => tables(options, { write: pythonJson, read: parsedJson }, ctx),
});
