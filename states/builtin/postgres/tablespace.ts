import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { gone, loginOf, MAINTENANCE, serves, WHERE } from './server.ts';

const name = { type: 'string', required: true, doc: 'the tablespace' } as const;
const ARGS = {
  name,
  directory: { type: 'string', required: true, doc: 'the directory, which is there and belongs to the user PostgreSQL runs as' },
  options: { type: 'map', doc: 'options such as seq_page_cost' },
  owner: { type: 'string', doc: 'the role that owns it' },
  ...WHERE,
  ...MAINTENANCE,
} as const;
type Args = ArgsOf<typeof ARGS>;
type Known = Readonly<Record<string, string>>;

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const all = (await ctx.call('postgres.tablespace_list', [], loginOf(args))) as Readonly<Record<string, Known>>;
  const known = Object.hasOwn(all, args.name) ? all[args.name] : undefined;
  if (known === undefined) return plan(`Tablespace ${args.name} is set to be created`, () => create(ctx, args));
  if (known['Location'] !== args.directory) return misplaced(args.name);
  const owner = args.owner && args.owner !== known['Owner'] ? args.owner : undefined;
  const has = optionsOf(known['Opts'] ?? '');
  const options = Object.entries(args.options ?? {}).filter(([key, value]) => has.get(key) !== shown(value));
  if (owner === undefined && options.length === 0) return inOrder(`Tablespace ${args.name} is already present`);
  const foretold = options.length > 0 ? 'options to be\n                        altered' : 'owner to be altered';
  return plan(`Tablespace ${args.name} ${foretold}`, () => alter(ctx, args, owner, options));
}

/** A tablespace stays where it is; Salt breaks the line so. */
const misplaced = (tablespace: string): Outcome =>
  failed(
    `Tablespace ${tablespace} is not at the right location. This is\n            unfixable without dropping and recreating the tablespace.`,
  );

/** `{seq_page_cost=1.1,random_page_cost=3.9}` */
const optionsOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/(\w+)=([^,}]*)/g)].map(([, key = '', value = '']) => [key, value]));

async function create(ctx: StateCtx, args: Args): Promise<Outcome> {
  const { directory, options, owner } = args;
  const done = await ctx.call('postgres.tablespace_create', [args.name, directory], { ...defined({ options, owner }), ...loginOf(args) });
  return done
    ? inOrder(`The tablespace ${args.name} has been created`, { [args.name]: 'Present' })
    : failed(`Failed to create tablespace ${args.name}`);
}

async function alter(
  ctx: StateCtx,
  args: Args,
  owner: string | undefined,
  options: readonly (readonly [string, Returnable])[],
): Promise<Outcome> {
  const alterations = [
    ...(owner === undefined ? [] : [{ what: 'owner', how: { new_owner: owner }, told: { owner } }]),
    ...options.map(([key, value]) => ({ what: 'opts', how: { set_option: { [key]: value } }, told: { options: { [key]: value } } })),
  ];
  const changed: { owner?: string; options?: Readonly<Record<string, Returnable>> } = {};
  let comment = '';
  for (const { what, how, told } of alterations) {
    if (!(await ctx.call('postgres.tablespace_alter', [args.name], { ...how, ...loginOf(args) })))
      return failed(`Failed to change ${what} of tablespace ${args.name}`, Object.keys(changed).length > 0 ? { [args.name]: changed } : {});
    comment = `Tablespace ${args.name} ${what} changed`;
    Object.assign(changed, 'options' in told ? { options: { ...changed.options, ...told.options } } : told);
  }
  return inOrder(comment, { [args.name]: changed });
}

/** Tablespaces of a PostgreSQL server: directories where data lies. */
export default stateModule({
  name: 'postgres_tablespace',
  doc: 'Tablespaces of a PostgreSQL server: directories where data lies.',
  serves,
  states: {
    present: state({
      doc: 'A tablespace that is there, with this owner and these options.',
      examples: ['fast:\n  postgres_tablespace.present:\n    - directory: /srv/ssd/pg\n    - options: {random_page_cost: 1.1}'],
      args: ARGS,
      check: present,
    }),
    absent: state({
      doc: 'A tablespace that is not there.',
      args: { name, ...WHERE, ...MAINTENANCE },
      check: async (ctx, args) =>
        gone({
          subject: `Tablespace ${args.name}`,
          name: args.name,
          exists: (await ctx.call('postgres.tablespace_exists', [args.name], loginOf(args))) === true,
          remove: () => ctx.call('postgres.tablespace_remove', [args.name], loginOf(args)),
        }),
    }),
  },
});
