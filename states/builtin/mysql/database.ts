import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { CONNECTION } from '../../../modules/exec/mysql/session.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { ask, withReason } from './server.ts';

const NAME = { name: { type: 'string', required: true, doc: 'the database' } } as const;
const ARGS = {
  ...NAME,
  character_set: { type: 'string', doc: 'the character set of its texts' },
  collate: { type: 'string', doc: 'the order of its texts' },
} as const;
type Args = ArgsOf<typeof ARGS>;
type Settings = Readonly<Record<string, Returnable>>;

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, character_set, collate } = args;
  const { value, error } = await ask(ctx, 'db_get', [name]);
  const is = value as Settings;
  if (Object.keys(is).length > 0) return altering(ctx, args, is);
  if (error !== undefined) return failed(error);
  return plan(`Database ${name} is not present and needs to be created`, async () => {
    const made = await ask(ctx, 'db_create', [name], { character_set, collate });
    if (made.value) return inOrder(`The database ${name} has been created`, { [name]: 'Present' });
    return failed(withReason(`Failed to create database ${name}`, made.error));
  });
}

/** A database that is there, and what of it is not as it should be. */
function altering(ctx: StateCtx, { name, character_set, collate }: Args, is: Settings): Verdict {
  const other = (wanted: string | undefined, key: string): boolean => Boolean(wanted) && wanted !== shown(is[key] ?? null);
  const already = `Database ${name} is already present`;
  const [set, order] = [other(character_set, 'character_set'), other(collate, 'collate')];
  if (!set && !order) return inOrder(already);
  const lines = [
    set ? `Database character set ${character_set} != ${shown(is['character_set'] ?? null)} needs to be updated` : already,
    ...(order ? [`Database collate ${collate} != ${shown(is['collate'] ?? null)} needs to be updated`] : []),
  ];
  const comment = lines.join('\n');
  return {
    predicted: { comment: order ? comment : `${comment}\nDatabase ${name} is going to be updated`, changes: {} },
    apply: async (): Promise<Outcome> => {
      const { error } = await ask(ctx, 'alter_db', [name], { character_set, collate });
      const now = (await ask(ctx, 'db_get', [name])).value as Settings;
      const changed = ['collate', 'character_set'].filter((key) => is[key] !== now[key]);
      const changes = Object.fromEntries(changed.map((key) => [key, { before: is[key] ?? null, now: now[key] ?? null }]));
      return error === undefined ? inOrder(comment, changes) : failed(withReason(comment, error), changes);
    },
  };
}

async function absent(ctx: StateCtx, { name }: ArgsOf<typeof NAME>): Promise<Verdict> {
  const { value, error } = await ask(ctx, 'db_exists', [name]);
  if (error !== undefined) return failed(error);
  if (value !== true) return inOrder(`Database ${name} is not present, so it cannot be removed`);
  return plan(`Database ${name} is present and needs to be removed`, async () => {
    const removed = await ask(ctx, 'db_remove', [name]);
    if (removed.value) return inOrder(`Database ${name} has been removed`, { [name]: 'Absent' });
    return failed(withReason(`Unable to remove database ${name}`, removed.error));
  });
}

/** Databases of a MySQL or MariaDB server. */
export default stateModule({
  name: 'mysql_database',
  doc: 'Databases of a MySQL or MariaDB server.',
  states: {
    present: state({
      doc: 'A database that is there, with this character set and order of texts.',
      examples: ['shop:\n  mysql_database.present:\n    - character_set: utf8mb4\n    - collate: utf8mb4_bin'],
      args: ARGS,
      extra: CONNECTION,
      check: present,
    }),
    absent: state({ doc: 'A database that is not there.', args: NAME, extra: CONNECTION, check: absent }),
  },
});
