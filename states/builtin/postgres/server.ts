import type { ArgsOf, Host, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';

/** The arguments by which a state finds its server, as Salt calls them. What is not given comes from `postgres.*` of the configuration. */
export const WHERE = {
  user: { type: 'string', doc: 'the system user to run psql as; `postgres` for a server on this machine' },
  db_user: { type: 'string', doc: 'the role to log in as' },
  db_password: { type: 'string', doc: 'the password of the role to log in as' },
  db_host: { type: 'string', doc: 'the host, or the directory of the socket' },
  db_port: { type: 'any', doc: 'the port' },
} as const;
export const MAINTENANCE = { maintenance_db: { type: 'string', doc: 'the database to connect to' } } as const;
const SERVER = { ...WHERE, ...MAINTENANCE } as const;
type ServerArgs = ArgsOf<typeof SERVER>;

/** Where the functions of `postgres` find the server that a state names. */
export const loginOf = (args: Omit<ServerArgs, 'maintenance_db'> & Partial<ServerArgs>): Record<string, Returnable> =>
  defined({
    user: args.db_user,
    password: args.db_password,
    host: args.db_host,
    port: args.db_port,
    maintenance_db: args.maintenance_db,
    runas: args.user,
  });

/** Every state of PostgreSQL needs what the functions of `postgres` need. */
export const serves = (host: Host): true | string =>
  host.which('psql') !== undefined || 'Unable to load postgres module.  Make sure `postgres.bins_dir` is set.';

interface Removal {
  /** `Database shop`, as the comments begin. */
  readonly subject: string;
  readonly name: string;
  readonly exists: boolean;
  remove(): Promise<Returnable>;
}

/** Something that shall not be there. */
export function gone({ subject, name, exists, remove }: Removal): Verdict {
  if (!exists) return inOrder(`${subject} is not present, so it cannot be removed`);
  return plan(`${subject} is set to be removed`, async () =>
    (await remove()) ? inOrder(`${subject} has been removed`, { [name]: 'Absent' }) : failed(`${subject} failed to be removed`),
  );
}
