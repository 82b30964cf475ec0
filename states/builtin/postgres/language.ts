import type { ArgsOf } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { plan } from '../machine/words.ts';
import { loginOf, serves, WHERE } from './server.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the language' },
  maintenance_db: { type: 'string', required: true, doc: 'the database' },
  ...WHERE,
} as const;
type Args = ArgsOf<typeof ARGS>;

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, maintenance_db } = args;
  if (await ctx.call('postgres.language_exists', [name, maintenance_db], serverOf(args)))
    return inOrder(`Language ${name} is already installed`);
  return plan(`Language ${name} is set to be installed`, async () =>
    (await ctx.call('postgres.language_create', [name, maintenance_db], serverOf(args)))
      ? inOrder(`Language ${name} has been installed`, { [name]: 'Present' })
      : failed(`Failed to install language ${name}`),
  );
}

async function absent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, maintenance_db } = args;
  if (!(await ctx.call('postgres.language_exists', [name, maintenance_db], serverOf(args))))
    return inOrder(`Language ${name} is not present so it cannot be removed`);
  return plan(`Language ${name} is set to be removed`, async () =>
    (await ctx.call('postgres.language_remove', [name, maintenance_db], serverOf(args)))
      ? inOrder(`Language ${name} has been removed`, { [name]: 'Absent' })
      : failed(`Failed to remove language ${name}`),
  );
}

/** The database goes to the functions of languages by its place. */
const serverOf = ({ maintenance_db: _, ...args }: Args) => loginOf(args);

/** Languages that functions of a PostgreSQL database may be written in. */
export default stateModule({
  name: 'postgres_language',
  doc: 'Languages that functions of a PostgreSQL database may be written in.',
  serves,
  states: {
    present: state({
      doc: 'A language that a database has.',
      examples: ['plperl:\n  postgres_language.present:\n    - maintenance_db: shop'],
      args: ARGS,
      check: present,
    }),
    absent: state({ doc: 'A language that a database has not.', args: ARGS, check: absent }),
  },
});
