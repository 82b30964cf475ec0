import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { FileServer } from '../files/server.ts';

const BACKEND = { backend: { type: 'any', doc: 'accepted for compatibility; all backends are asked' } } as const;
const ENV = { saltenv: { type: 'string', doc: 'the environment', default: 'base' }, ...BACKEND } as const;

/** What the file server serves (Salt's runner `fileserver`). */
export const fileserverRunner = (files: FileServer, refresh: () => Promise<void>): ExecModule =>
  execModule({
    name: 'fileserver',
    doc: 'What the file server serves.',
    calls: {
      envs: call({
        doc: 'List the environments.',
        examples: ['tsalt-run fileserver.envs'],
        args: {},
        changes: false,
        run: async () => [...(await files.envs())],
      }),
      file_list: call({
        doc: 'List the files of an environment.',
        examples: ['tsalt-run fileserver.file_list saltenv=dev'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv }) => [...(await files.list(saltenv)).files],
      }),
      dir_list: call({
        doc: 'List the directories of an environment.',
        examples: ['tsalt-run fileserver.dir_list'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv }) => [...(await files.list(saltenv)).dirs],
      }),
      empty_dir_list: call({
        doc: 'List the empty directories of an environment.',
        examples: ['tsalt-run fileserver.empty_dir_list'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv }) => [...(await files.list(saltenv)).emptyDirs],
      }),
      symlink_list: call({
        doc: 'List the symbolic links of an environment with their targets.',
        examples: ['tsalt-run fileserver.symlink_list'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv }) => ({ ...(await files.list(saltenv)).links }),
      }),
      update: call({
        doc: 'Read the files of all environments again.',
        examples: ['tsalt-run fileserver.update'],
        args: BACKEND,
        changes: true,
        run: async () => {
          await refresh();
          return true;
        },
      }),
    },
  });
