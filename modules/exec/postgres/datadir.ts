import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, call } from '../../define.ts';
import { LOGIN, programOf, RUNAS, run, serverAccount, withSecret } from './psql.ts';

const name = { type: 'string', required: true, doc: 'the directory' } as const;
const isDatadir = (directory: string): boolean => ['PG_VERSION', 'postgresql.conf'].every((file) => existsSync(join(directory, file)));

export const datadirCalls = {
  datadir_exists: call({
    doc: 'Whether a directory holds the data of a server.',
    examples: ["tsalt '*' postgres.datadir_exists '/var/lib/pgsql/data'"],
    args: { name },
    changes: false,
    run: (_ctx, args) => isDatadir(args.name),
  }),
  datadir_init: call({
    doc: 'Make a directory for the data of a server, by initdb. False if it is one.',
    examples: ["tsalt '*' postgres.datadir_init '/var/lib/pgsql/data'"],
    args: {
      name,
      auth: { type: 'string', default: 'password', doc: 'how its users prove who they are' },
      user: { type: 'string', doc: 'its superuser' },
      password: LOGIN.password,
      encoding: { type: 'string', default: 'UTF8', doc: 'the encoding of its databases' },
      locale: { type: 'string', doc: 'the locale of its databases' },
      waldir: { type: 'string', doc: 'a directory of its own for the write-ahead log' },
      checksums: { type: 'boolean', default: false, doc: 'pages of data have checksums' },
      ...RUNAS,
    },
    changes: true,
    async run(ctx, args) {
      if (isDatadir(args.name)) {
        ctx.log.info(`${args.name} already exists`);
        return false;
      }
      const initdb = await programOf(ctx, 'initdb');
      if (initdb === undefined) throw new CommandFailed('initdb executable not found.');
      const account = args.runas ?? serverAccount(ctx);
      const words = [
        ...[initdb, `--pgdata=${args.name}`, `--username=${args.user ?? account}`, `--auth=${args.auth}`, `--encoding=${args.encoding}`],
        ...(args.locale === undefined ? [] : [`--locale=${args.locale}`]),
        ...(args.waldir === undefined ? [] : ['-X', args.waldir]),
        ...(args.checksums ? ['--data-checksums'] : []),
      ];
      const { retcode, stderr } = await withSecret(ctx, args.password, account, (file) =>
        run(ctx, file === undefined ? words : [...words, `--pwfile=${file}`], account),
      );
      if (retcode !== 0) ctx.log.error(`initdb did not make ${args.name}: ${stderr}`);
      return retcode === 0;
    },
  }),
};
