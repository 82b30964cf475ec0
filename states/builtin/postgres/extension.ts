import type { ArgsOf } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { gone, loginOf, MAINTENANCE, serves, WHERE } from './server.ts';

const name = { type: 'string', required: true, doc: 'the extension' } as const;
const PRESENT = {
  name,
  if_not_exists: { type: 'boolean', doc: 'no error if it is there; True by default' },
  schema: { type: 'string', doc: 'the schema it is in' },
  ext_version: { type: 'string', doc: 'the version it has at least' },
  from_version: { type: 'string', doc: 'the version of which the old kind of module is taken over' },
  ...WHERE,
  ...MAINTENANCE,
} as const;
const ABSENT = {
  name,
  if_exists: { type: 'boolean', doc: 'no error if there is none' },
  restrict: { type: 'boolean', doc: 'not if something depends on it' },
  cascade: { type: 'boolean', doc: 'with what depends on it; True by default' },
  ...WHERE,
  ...MAINTENANCE,
} as const;

async function present(ctx: StateCtx, args: ArgsOf<typeof PRESENT>): Promise<Verdict> {
  const { if_not_exists, schema, ext_version, from_version } = args;
  const login = loginOf(args);
  const standing = (await ctx.call('postgres.create_metadata', [args.name], { ...defined({ schema, ext_version }), ...login })) as string[];
  const missing = standing.includes('EXTENSION NOT INSTALLED');
  if (!missing && !standing.includes('EXTENSION TO UPGRADE') && !standing.includes('EXTENSION TO MOVE'))
    return inOrder(`Extension ${args.name} is already present`);
  const verb = missing ? 'install' : 'upgrade';
  const done = missing ? 'installed' : 'upgraded';
  return plan(`Extension ${args.name} is set to be ${done}`, async () =>
    (await ctx.call('postgres.create_extension', [args.name], {
      ...defined({ if_not_exists, schema, ext_version, from_version }),
      ...login,
    }))
      ? inOrder(`The extension ${args.name} has been ${done}`, { [args.name]: missing ? 'Installed' : 'Upgraded' })
      : failed(`Failed to ${verb} extension ${args.name}`),
  );
}

async function absent(ctx: StateCtx, args: ArgsOf<typeof ABSENT>): Promise<Verdict> {
  const { if_exists, restrict, cascade } = args;
  const login = loginOf(args);
  return gone({
    subject: `Extension ${args.name}`,
    name: args.name,
    exists: (await ctx.call('postgres.is_installed_extension', [args.name], login)) === true,
    remove: () => ctx.call('postgres.drop_extension', [args.name], { ...defined({ if_exists, restrict, cascade }), ...login }),
  });
}

/** Extensions of a PostgreSQL database. */
export default stateModule({
  name: 'postgres_extension',
  doc: 'Extensions of a PostgreSQL database.',
  serves,
  states: {
    present: state({
      doc: 'An extension that a database has. Its files must be on the server.',
      examples: ['hstore:\n  postgres_extension.present:\n    - maintenance_db: shop'],
      args: PRESENT,
      check: present,
    }),
    absent: state({ doc: 'An extension that a database has not.', args: ABSENT, check: absent }),
  },
});
