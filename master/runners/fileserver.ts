import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Done, FileBackend, Upkeep } from '../files/backend.ts';
import { backendName } from '../files/open.ts';
import type { FileServer } from '../files/server.ts';

const BACKEND = {
  backend: { type: 'any', doc: 'only these: a list, or names with commas; names that all begin with - are left out instead' },
} as const;
const ENV = { saltenv: { type: 'string', doc: 'the environment', default: 'base' }, ...BACKEND } as const;
const REMOTE = { ...BACKEND, remote: { type: 'string', doc: 'a pattern of URLs of remotes' } } as const;

/** What the file server serves, and the copies it keeps (Salt's runner `fileserver`). */
export const fileserverRunner = (files: FileServer): ExecModule => {
  const chosen = (backend: Returnable | undefined): readonly FileBackend[] => choose(files.backends, backend);
  const only = (backend: Returnable | undefined): FileServer =>
    backend === undefined || backend === null ? files : files.only(chosen(backend));
  const kept = (backend: Returnable | undefined): (readonly [string, Upkeep])[] =>
    chosen(backend).flatMap(({ name, upkeep }) => (upkeep === undefined ? [] : [[name, upkeep] as const]));

  return execModule({
    name: 'fileserver',
    doc: 'What the file server serves.',
    calls: {
      envs: call({
        doc: 'List the environments.',
        examples: ['tsalt-run fileserver.envs', 'tsalt-run fileserver.envs backend=roots,git'],
        args: { ...BACKEND, sources: { type: 'boolean', default: false, doc: 'a list for each backend' } },
        changes: false,
        async run(_ctx, { backend, sources }) {
          if (!sources) return [...(await only(backend).envs())];
          const found: Record<string, Returnable> = {};
          for (const one of chosen(backend)) found[one.name] = [...(await one.envs())];
          return found;
        },
      }),
      file_list: call({
        doc: 'List the files of an environment.',
        examples: ['tsalt-run fileserver.file_list saltenv=dev', 'tsalt-run fileserver.file_list saltenv=dev backend=git'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv, backend }) => [...(await only(backend).list(saltenv)).files],
      }),
      dir_list: call({
        doc: 'List the directories of an environment.',
        examples: ['tsalt-run fileserver.dir_list'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv, backend }) => [...(await only(backend).list(saltenv)).dirs],
      }),
      empty_dir_list: call({
        doc: 'List the empty directories of an environment; git has none.',
        examples: ['tsalt-run fileserver.empty_dir_list'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv, backend }) => [...(await only(backend).list(saltenv)).emptyDirs],
      }),
      symlink_list: call({
        doc: 'List the symbolic links of an environment with their targets.',
        examples: ['tsalt-run fileserver.symlink_list'],
        args: ENV,
        changes: false,
        run: async (_ctx, { saltenv, backend }) => ({ ...(await only(backend).list(saltenv)).links }),
      }),
      update: call({
        doc: 'Fetch what the file server keeps copies of, and wait until that is done.',
        examples: ['tsalt-run fileserver.update', 'tsalt-run fileserver.update backend=git remotes=myrepo,yourrepo'],
        args: { ...BACKEND, remotes: { type: 'list', doc: 'only these: names or URLs of remotes' } },
        changes: true,
        async run(_ctx, { backend, remotes }) {
          await Promise.all(kept(backend).map(([, upkeep]) => upkeep.update(remotes?.map(String))));
          return true;
        },
      }),
      clear_cache: call({
        doc: 'Remove the copies that the file server keeps; nothing of them is served until they are fetched again.',
        examples: ['tsalt-run fileserver.clear_cache', 'tsalt-run fileserver.clear_cache backend=git'],
        args: BACKEND,
        changes: true,
        async run(_ctx, { backend }) {
          const good: string[] = [];
          const bad: string[] = [];
          for (const [name, upkeep] of kept(backend)) {
            const errors = await upkeep.clearCache();
            bad.push(...errors);
            if (errors.length === 0) good.push(`The ${name} fileserver cache was successfully cleared`);
          }
          return told('cleared', [{ good, bad }], 'No cache was cleared');
        },
      }),
      clear_file_list_cache: call({
        doc: 'Answers an empty map: no list of files outlives a change of the files.',
        examples: ['tsalt-run fileserver.clear_file_list_cache'],
        args: { saltenv: { type: 'any', doc: 'accepted for compatibility' }, ...BACKEND },
        changes: false,
        run: () => ({}),
      }),
      lock: call({
        doc: 'Keep remotes from being fetched, until clear_lock.',
        examples: ['tsalt-run fileserver.lock', "tsalt-run fileserver.lock remote='*example.org*'"],
        args: REMOTE,
        changes: true,
        run: async (_ctx, { backend, remote }) =>
          told('locked', await Promise.all(kept(backend).map(([, upkeep]) => upkeep.lock(remote))), 'No locks were set'),
      }),
      clear_lock: call({
        doc: 'Let remotes be fetched again.',
        examples: ['tsalt-run fileserver.clear_lock', "tsalt-run fileserver.clear_lock remote='*example.org*'"],
        args: REMOTE,
        changes: true,
        run: async (_ctx, { backend, remote }) =>
          told('cleared', await Promise.all(kept(backend).map(([, upkeep]) => upkeep.clearLock(remote))), 'No locks were removed'),
      }),
    },
  });
};

/** As Salt chooses: in the order asked for; unknown names mean nothing. */
function choose(all: readonly FileBackend[], wanted: Returnable | undefined): readonly FileBackend[] {
  const names = Array.isArray(wanted) ? wanted.map(String) : String(wanted ?? '').split(',');
  const asked = names.map((name) => name.trim()).filter((name) => name !== '');
  if (asked.length === 0) return all;
  const named = (name: string): FileBackend | undefined => all.find((backend) => backend.name === backendName(name));
  if (!asked.every((name) => name.startsWith('-'))) return asked.flatMap((name) => named(name) ?? []);
  const barred = asked.map((name) => named(name.slice(1)));
  return all.filter((backend) => !barred.includes(backend));
}

/** Salt's shape: what was done and what went wrong, or a sentence where neither is. */
function told(deed: string, outcomes: readonly Done[], nothing: string): Returnable {
  const good = outcomes.flatMap((outcome) => outcome.good);
  const errors = outcomes.flatMap((outcome) => outcome.bad);
  if (good.length + errors.length === 0) return nothing;
  return { ...(good.length > 0 ? { [deed]: good } : {}), ...(errors.length > 0 ? { errors } : {}) };
}
