import type { ArgsOf } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { gone, loginOf, MAINTENANCE, serves, WHERE } from './server.ts';

const name = { type: 'string', required: true, doc: 'the database' } as const;
const ARGS = {
  name,
  tablespace: { type: 'string', doc: 'where it lies' },
  encoding: { type: 'string', doc: 'its encoding, such as UTF8' },
  lc_collate: { type: 'string', doc: 'the locale that texts are sorted by' },
  lc_ctype: { type: 'string', doc: 'the locale that letters are told by' },
  owner: { type: 'string', doc: 'the role that owns it' },
  owner_recurse: { type: 'boolean', default: false, doc: 'a new owner gets all that is in it, too' },
  template: { type: 'string', doc: 'the database it is copied from' },
  ...WHERE,
  ...MAINTENANCE,
} as const;
type Databases = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Whether a property is as wanted; what is not wanted is. */
const fits = (wanted: string | undefined, is: string | undefined): boolean => !wanted || wanted === is;

async function present(ctx: StateCtx, args: ArgsOf<typeof ARGS>): Promise<Verdict> {
  const { tablespace, encoding, lc_collate, lc_ctype, owner, owner_recurse, template } = args;
  const login = loginOf(args);
  const all = (await ctx.call('postgres.db_list', [], login)) as Databases;
  const is = Object.hasOwn(all, args.name) ? all[args.name] : undefined;
  if (is === undefined)
    return plan(`Database ${args.name} is set to be created`, async () => {
      const wanted = defined({ tablespace, encoding, lc_collate, lc_ctype, owner, template });
      return (await ctx.call('postgres.db_create', [args.name], { ...wanted, ...login }))
        ? inOrder(`The database ${args.name} has been created`, { [args.name]: 'Present' })
        : failed(`Failed to create database ${args.name}`);
    });
  const made =
    fits(encoding?.toLowerCase(), is['Encoding']?.toLowerCase()) && fits(lc_collate, is['Collate']) && fits(lc_ctype, is['Ctype']);
  if (!made) return failed(`Database ${args.name} has wrong parameters which couldn't be changed on fly.`);
  if (fits(tablespace, is['Tablespace']) && fits(owner, is['Owner'])) return inOrder(`Database ${args.name} is already present`);
  return plan(`Database ${args.name} exists, but parameters need to be changed`, async () =>
    (await ctx.call('postgres.db_alter', [args.name], { ...defined({ tablespace, owner, owner_recurse }), ...login }))
      ? inOrder(`Parameters for database ${args.name} have been changed`, { [args.name]: 'Parameters changed' })
      : failed(`Failed to change parameters for database ${args.name}`),
  );
}

/** Databases of a PostgreSQL server. */
export default stateModule({
  name: 'postgres_database',
  doc: 'Databases of a PostgreSQL server.',
  serves,
  states: {
    present: state({
      doc: 'A database that is there, and has this owner.',
      examples: ['shop:\n  postgres_database.present:\n    - owner: alice\n    - encoding: UTF8'],
      args: ARGS,
      check: present,
    }),
    absent: state({
      doc: 'A database that is not there.',
      args: { name, ...WHERE, ...MAINTENANCE },
      check: async (ctx, args) => {
        const login = loginOf(args);
        return gone({
          subject: `Database ${args.name}`,
          name: args.name,
          exists: (await ctx.call('postgres.db_exists', [args.name], login)) === true,
          remove: () => ctx.call('postgres.db_remove', [args.name], login),
        });
      },
    }),
  },
});
