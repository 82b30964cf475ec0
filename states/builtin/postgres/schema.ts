import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { serves, WHERE } from './server.ts';

const ARGS = {
  dbname: { type: 'string', required: true, doc: 'the database' },
  name: { type: 'string', required: true, doc: 'the schema' },
  ...WHERE,
} as const;
const PRESENT = { ...ARGS, owner: { type: 'string', doc: 'the role that owns it once it is created' } } as const;
type Args = ArgsOf<typeof ARGS>;

const loginOf = ({ user, db_user, db_password, db_host, db_port }: Args): Record<string, Returnable> =>
  defined({ user, db_user, db_password, db_host, db_port });

/** What is told of a schema has its database beside the name. */
const inDatabase = <Told extends Omit<Outcome, 'result'>>({ dbname }: Args, told: Told) => ({ ...told, more: { dbname } });

async function present(ctx: StateCtx, args: ArgsOf<typeof PRESENT>): Promise<Verdict> {
  const { dbname, name } = args;
  const there = (await ctx.call('postgres.schema_get', [dbname, name], loginOf(args))) !== null;
  if (there) return inDatabase(args, inOrder(`Schema ${name} already exists in database ${dbname}`));
  return {
    predicted: inDatabase(args, { comment: `Schema ${name} is set to be created in database ${dbname}.`, changes: {} }),
    apply: async () => {
      const done = await ctx.call('postgres.schema_create', [dbname, name], { ...defined({ owner: args.owner }), ...loginOf(args) });
      const outcome = done
        ? inOrder(`Schema ${name} has been created in database ${dbname}`, { [name]: 'Present' })
        : failed(`Failed to create schema ${name} in database ${dbname}`);
      return inDatabase(args, outcome);
    },
  };
}

async function absent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { dbname, name } = args;
  const there = await ctx.call('postgres.schema_exists', [dbname, name], loginOf(args));
  if (!there) return inDatabase(args, inOrder(`Schema ${name} is not present in database ${dbname}, so it cannot be removed`));
  return {
    predicted: inDatabase(args, { comment: `Schema ${name} is set to be removed from database ${dbname}`, changes: {} }),
    apply: async () => {
      const done = await ctx.call('postgres.schema_remove', [dbname, name], loginOf(args));
      const outcome = done
        ? inOrder(`Schema ${name} has been removed from database ${dbname}`, { [name]: 'Absent' })
        : failed(`Schema ${name} failed to be removed`);
      return inDatabase(args, outcome);
    },
  };
}

/** Schemas of a PostgreSQL database. */
export default stateModule({
  name: 'postgres_schema',
  doc: 'Schemas of a PostgreSQL database.',
  serves,
  states: {
    present: state({
      doc: 'A schema that a database has.',
      examples: ['sales:\n  postgres_schema.present:\n    - dbname: shop\n    - owner: alice'],
      args: PRESENT,
      check: present,
    }),
    absent: state({ doc: 'A schema that a database has not.', args: ARGS, check: absent }),
  },
});
