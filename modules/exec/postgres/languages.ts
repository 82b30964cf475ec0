import { type Ctx, call } from '../../define.ts';
import { does, LOGIN, query, RUNAS, type Server } from './psql.ts';
import { word } from './quote.ts';

const name = { type: 'string', required: true, doc: 'the language' } as const;
const { user, host, port, password } = LOGIN;
const SERVER = { maintenance_db: { type: 'string', required: true, doc: 'the database' }, user, host, port, password, ...RUNAS } as const;

const languages = async (ctx: Ctx, server: Server): Promise<string[]> =>
  (await query(ctx, server, 'SELECT lanname AS "Name" FROM pg_language')).map((row) => row['Name'] ?? '');

export const languageCalls = {
  language_list: call({
    doc: 'The languages that functions of a database may be written in, each under its own name.',
    examples: ["tsalt '*' postgres.language_list dbname"],
    args: SERVER,
    changes: false,
    run: async (ctx, args) => Object.fromEntries((await languages(ctx, args)).map((language) => [language, language])),
  }),
  language_exists: call({
    doc: 'Whether functions of a database may be written in a language.',
    examples: ["tsalt '*' postgres.language_exists plpgsql dbname"],
    args: { name, ...SERVER },
    changes: false,
    run: async (ctx, args) => (await languages(ctx, args)).includes(args.name),
  }),
  language_create: call({
    doc: 'Add a language to a database. False if it has it.',
    examples: ["tsalt '*' postgres.language_create plpgsql dbname"],
    args: { name, ...SERVER },
    changes: true,
    async run(ctx, args) {
      if ((await languages(ctx, args)).includes(args.name)) {
        ctx.log.info(`Language ${args.name} already exists in ${args.maintenance_db}`);
        return false;
      }
      return await does(ctx, args, `CREATE LANGUAGE ${word(args.name)}`);
    },
  }),
  language_remove: call({
    doc: 'Take a language out of a database. False if it has it not.',
    examples: ["tsalt '*' postgres.language_remove plpgsql dbname"],
    args: { name, ...SERVER },
    changes: true,
    async run(ctx, args) {
      if (!(await languages(ctx, args)).includes(args.name)) {
        ctx.log.info(`Language ${args.name} does not exist in ${args.maintenance_db}`);
        return false;
      }
      return await does(ctx, args, `DROP LANGUAGE ${word(args.name)}`);
    },
  }),
};
