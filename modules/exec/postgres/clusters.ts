import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import type { Ended } from './psql.ts';

// Salt had these functions until 3007 (`deb_postgres`); the states postgres_cluster of 3008 still call them.

const version = { type: 'string', required: true, doc: 'the version of PostgreSQL, such as 15' } as const;
const name = { type: 'string', default: 'main', doc: 'the cluster' } as const;

/** Runs a program of postgresql-common. Throws CommandFailed where there is none. */
async function run(ctx: Ctx, program: string, ...words: readonly string[]): Promise<Ended> {
  const path = ctx.host.which(program);
  if (path === undefined) throw new CommandFailed(`${program} executable not found: clusters are managed by the package postgresql-common`);
  return (await ctx.call('cmd.run_all', [[path, ...words]], { python_shell: false })) as Ended;
}

type Cluster = Readonly<Record<'port' | 'status' | 'user' | 'datadir' | 'log', string | number>>;

/** Clusters by `15/main`. pg_lsclusters(1) */
async function clusters(ctx: Ctx): Promise<Record<string, Cluster>> {
  const { retcode, stdout, stderr } = await run(ctx, 'pg_lsclusters', '--no-header');
  if (retcode !== 0) ctx.log.error(`The clusters were not listed: ${stderr}`);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(
    rows
      .filter((row) => row.length >= 7)
      .map(([of = '', called = '', port, status = '', user = '', datadir = '', log = '']) => [
        `${of}/${called}`,
        { port: Number(port), status, user, datadir, log },
      ]),
  );
}

export const clusterCalls = {
  cluster_list: call({
    doc: 'The clusters of this machine as version/name; with `verbose` what is known of each.',
    examples: ["tsalt '*' postgres.cluster_list", "tsalt '*' postgres.cluster_list verbose=True"],
    args: { verbose: { type: 'boolean', default: false, doc: 'port, status, user, directory and log too' } },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => (args.verbose ? await clusters(ctx) : Object.keys(await clusters(ctx))),
  }),
  cluster_exists: call({
    doc: 'Whether there is such a cluster.',
    examples: ["tsalt '*' postgres.cluster_exists '15' 'main'"],
    args: { version, name },
    changes: false,
    run: async (ctx, args) => Object.hasOwn(await clusters(ctx), `${args.version}/${args.name}`),
  }),
  cluster_create: call({
    doc: 'Create a cluster, by pg_createcluster: what that came to, or False if it failed.',
    examples: [
      "tsalt '*' postgres.cluster_create '15' 'main'",
      "tsalt '*' postgres.cluster_create '15' data_checksums=True wal_segsize=32",
    ],
    args: {
      version,
      name,
      port: { type: 'any', doc: 'its port' },
      locale: { type: 'string', doc: 'the locale of its databases' },
      encoding: { type: 'string', doc: 'the encoding of its databases' },
      datadir: { type: 'string', doc: 'the directory of its data' },
      allow_group_access: { type: 'boolean', doc: 'the group of its user may read its files' },
      data_checksums: { type: 'boolean', doc: 'pages of data have checksums' },
      wal_segsize: { type: 'any', doc: 'the size of a segment of the write-ahead log in megabytes' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const option = (word: string, value: Returnable | undefined): string[] => (value ? [word, String(value)] : []);
      const own = [
        ...option('--port', args.port),
        ...option('--locale', args.locale),
        ...option('--encoding', args.encoding),
        ...option('--datadir', args.datadir),
      ];
      const initdb = [
        ...(args.allow_group_access ? ['--allow-group-access'] : []),
        ...(args.data_checksums ? ['--data-checksums'] : []),
        ...option('--wal-segsize', args.wal_segsize),
      ];
      const further = initdb.length === 0 ? [] : ['--', ...initdb];
      const ended = await run(ctx, 'pg_createcluster', ...own, args.version, args.name, ...further);
      if (ended.retcode === 0) return ended;
      ctx.log.error(`The cluster ${args.version}/${args.name} was not created: ${ended.stderr}`);
      return false;
    },
  }),
  cluster_remove: call({
    doc: 'Remove a cluster with its data, by pg_dropcluster: what that came to.',
    examples: ["tsalt '*' postgres.cluster_remove '15' 'main' stop=True"],
    args: { version, name, stop: { type: 'boolean', default: false, doc: 'stop it first if it runs' } },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const ended = await run(ctx, 'pg_dropcluster', ...(args.stop ? ['--stop'] : []), args.version, args.name);
      if (ended.retcode === 0) return { ...ended, changes: `Successfully removed cluster ${args.version}/${args.name}` };
      ctx.log.error(`The cluster ${args.version}/${args.name} was not removed: ${ended.stderr}`);
      return ended;
    },
  }),
};
