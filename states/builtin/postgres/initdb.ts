import type { ArgsOf } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { serves } from './server.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the directory' },
  user: { type: 'string', doc: 'its superuser' },
  password: { type: 'string', doc: 'the password of its superuser' },
  auth: { type: 'string', default: 'password', doc: 'how its users prove who they are' },
  encoding: { type: 'string', default: 'UTF8', doc: 'the encoding of its databases' },
  locale: { type: 'string', doc: 'the locale of its databases' },
  runas: { type: 'string', doc: 'the system user it belongs to; `postgres` unless told' },
  waldir: { type: 'string', doc: 'a directory of its own for the write-ahead log' },
  checksums: { type: 'boolean', default: false, doc: 'pages of data have checksums' },
} as const;

async function present(ctx: StateCtx, { name, ...wanted }: ArgsOf<typeof ARGS>): Promise<Verdict> {
  const subject = `Postgres data directory ${name}`;
  if (await ctx.call('postgres.datadir_exists', [name])) return inOrder(`${subject} is already present`);
  return plan(`${subject} is set to be initialized`, async () =>
    (await ctx.call('postgres.datadir_init', [name], defined(wanted)))
      ? inOrder(`${subject} has been initialized`, { [name]: 'Present' })
      : failed(`${subject} initialization failed`),
  );
}

/** Directories for the data of PostgreSQL servers. */
export default stateModule({
  name: 'postgres_initdb',
  doc: 'Directories for the data of PostgreSQL servers.',
  serves,
  states: {
    present: state({
      doc: 'A directory that holds the data of a server.',
      examples: ['/srv/pg/data:\n  postgres_initdb.present:\n    - auth: scram-sha-256\n    - password: secret\n    - checksums: True'],
      args: ARGS,
      check: present,
    }),
  },
});
