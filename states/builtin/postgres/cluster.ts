import type { ArgsOf } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { gone } from './server.ts';

const ARGS = {
  version: { type: 'string', required: true, doc: 'the version of PostgreSQL, such as 15' },
  name: { type: 'string', required: true, doc: 'the cluster, such as main' },
} as const;
const PRESENT = {
  ...ARGS,
  port: { type: 'any', doc: 'its port' },
  encoding: { type: 'string', doc: 'the encoding of its databases' },
  locale: { type: 'string', doc: 'the locale of its databases' },
  datadir: { type: 'string', doc: 'the directory of its data' },
  allow_group_access: { type: 'boolean', doc: 'the group of its user may read its files' },
  data_checksums: { type: 'boolean', doc: 'pages of data have checksums' },
  wal_segsize: { type: 'any', doc: 'the size of a segment of the write-ahead log in megabytes' },
} as const;
type Clusters = Readonly<Record<string, { readonly port: number; readonly datadir: string }>>;

async function present(ctx: StateCtx, { version, name, ...wanted }: ArgsOf<typeof PRESENT>): Promise<Verdict> {
  const known = ((await ctx.call('postgres.cluster_list', [], { verbose: true })) as Clusters)[`${version}/${name}`];
  if (known === undefined)
    return plan(`Cluster ${version}/${name} is set to be created`, async () =>
      (await ctx.call('postgres.cluster_create', [version, name], defined(wanted)))
        ? inOrder(`The cluster ${version}/${name} has been created`, { [`${version}/${name}`]: 'Present' })
        : failed(`Failed to create cluster ${version}/${name}`),
    );
  const fits = (!wanted.port || shown(wanted.port) === String(known.port)) && (!wanted.datadir || wanted.datadir === known.datadir);
  return fits
    ? inOrder(`Cluster ${version}/${name} is already present`)
    : failed(`Cluster ${version}/${name} has wrong parameters which couldn't be changed on fly.`);
}

/** Clusters of PostgreSQL, as Debian names a server with its data. */
export default stateModule({
  name: 'postgres_cluster',
  doc: 'Clusters of PostgreSQL, as Debian names a server with its data.',
  serves: (host) => host.which('pg_createcluster') !== undefined || 'pg_createcluster command not found',
  states: {
    present: state({
      doc: 'A cluster that is there.',
      examples: ["main:\n  postgres_cluster.present:\n    - version: '15'\n    - port: 5433"],
      args: PRESENT,
      check: present,
    }),
    absent: state({
      doc: 'A cluster that is not there; one that runs is stopped.',
      args: ARGS,
      check: async (ctx, { version, name }) =>
        gone({
          subject: `Cluster ${version}/${name}`,
          name,
          exists: (await ctx.call('postgres.cluster_exists', [version, name])) === true,
          remove: async () => Object(await ctx.call('postgres.cluster_remove', [version, name, true])).retcode === 0,
        }),
    }),
  },
});
