import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { FileServer } from '../files/server.ts';

/** What states the master has files of. */
export const statesRunner = (files: FileServer): ExecModule =>
  execModule({
    name: 'states',
    doc: 'The state files that the file server has.',
    calls: {
      tree: call({
        doc: 'List the state files of an environment, with the names by which states are applied.',
        examples: ['tsalt-run states.tree', 'tsalt-run states.tree saltenv=dev'],
        args: { saltenv: { type: 'string', default: 'base', doc: 'the environment' } },
        changes: false,
        run: async (_ctx, { saltenv }) => {
          const all = await files.list(saltenv);
          return all.files.filter((path) => /\.sls$/.test(path) && path !== 'top.sls').map((path) => ({ sls: nameOf(path), path }));
        },
      }),
    },
  });

/** `web/init.sls` is `web`, `web/tls.sls` is `web.tls`. */
const nameOf = (path: string): string => path.replace(/(?:\/init)?\.sls$/, '').replaceAll('/', '.');
