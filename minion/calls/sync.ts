import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { CommandFailed } from '../../modules/define.ts';
import { hashFile } from '../files/hashes.ts';
import { isMap } from '../listen/publication.ts';
import type { Ports } from './ports.ts';
import { signatureCheck } from './signed.ts';

/** Kinds of files that are synchronised, each from `salt://_<form>` into `<extmods>/<form>`; in the order of `sync_all`. */
export const FORMS = [
  'clouds',
  'beacons',
  'modules',
  'states',
  'sdb',
  'grains',
  'renderers',
  'returners',
  'output',
  'utils',
  'log_handlers',
  'executors',
  'proxy',
  'engines',
  'thorium',
  'serializers',
  'matchers',
  'resources',
] as const;
/** What a master keeps for itself; `sync_all` takes them along where there is no master. */
export const MASTERLESS_FORMS = ['tops', 'pillar', 'wrapper'] as const;

/** Salt's, and JavaScript's and TypeScript's of ours. */
const CODE = /\.(pyx?|so|zip|[cm]?js|ts)$/;

export interface SyncRequest {
  readonly envs: readonly string[];
  /** Only these names, if given; else the option `extmod_whitelist`. */
  readonly allowed?: readonly string[] | undefined;
  readonly barred?: readonly string[] | undefined;
}

/** Names as `modules.odd`, whether any file came or went, and what was not taken, with the reason. */
export interface Synced {
  readonly names: string[];
  readonly changed: boolean;
  readonly refused: string[];
}

type SyncPorts = Pick<Ports, 'files' | 'paths' | 'options'>;

/** Makes `<extmods>/<form>` the same as `salt://_<form>` of the environments, later ones winning. */
export async function syncForm({ files, paths, options }: SyncPorts, form: string, request: SyncRequest): Promise<Synced> {
  const here = join(paths.extmods, form);
  await mkdir(here, { recursive: true, mode: 0o700 });
  const allowed = request.allowed ?? ruled(options()['extmod_whitelist'], form);
  const barred = request.barred ?? ruled(options()['extmod_blacklist'], form) ?? [];
  const there = new Set<string>();
  const names: string[] = [];
  const refused: string[] = [];
  for (const env of request.envs) {
    const check = await signatureCheck({ files, paths, options }, env);
    const found = (await files.source.list('files', env, `_${form}`)).filter((path) => path.startsWith(`_${form}/`) && CODE.test(path));
    for (const cached of await files.cacheMany(found, env)) {
      const path = relative(files.pathOf(`_${form}`, env), cached);
      const name = path.slice(0, path.length - extname(path).length).replaceAll('/', '.');
      if ((allowed !== undefined && !allowed.includes(name)) || barred.includes(name)) continue;
      const why = await check(`_${form}/${path}`, cached);
      if (why !== undefined) {
        refused.push(`_${form}/${path} of ${env}: ${why}`);
        continue;
      }
      there.add(path);
      if (await place(cached, join(here, path))) names.push(`${form}.${name}`);
    }
  }
  const removed = options()['clean_dynamic_modules'] === false ? 0 : await removeOthers(here, there);
  return { names, changed: names.length + removed > 0, refused };
}

/** Files without a valid signature are told when all others are in place. @throws CommandFailed */
export function refuseUnsigned(refused: readonly string[]): void {
  if (refused.length > 0)
    throw new CommandFailed(`these files were not synchronised, as modules_require_signature is on:\n${refused.join('\n')}`);
}

/** What is in `extmods`, by form. */
export async function listSynced(extmods: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const form of await readdir(extmods).catch(() => [])) {
    const names = (await filesBelow(join(extmods, form)))
      .filter((path) => CODE.test(path))
      .map((path) => path.slice(0, path.length - extname(path).length));
    if (names.length > 0) found[form] = [...new Set(names)].sort();
  }
  return found;
}

/** True when the file is new or other than before. */
async function place(from: string, to: string): Promise<boolean> {
  const [wanted, present] = await Promise.all([hashFile(from, 'sha256'), hashFile(to, 'sha256')]);
  if (wanted === present) return false;
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  return true;
}

async function removeOthers(here: string, there: ReadonlySet<string>): Promise<number> {
  const gone = (await filesBelow(here)).filter((path) => !there.has(path));
  for (const path of gone) {
    await rm(join(here, path), { force: true });
    await removeEmpty(here, dirname(path));
  }
  return gone.filter((path) => !path.includes('__pycache__')).length;
}

async function removeEmpty(root: string, below: string): Promise<void> {
  if (below === '.' || below === '') return;
  const entries = await readdir(join(root, below)).catch(() => ['unreadable']);
  if (entries.length > 0) return;
  await rmdir(join(root, below));
  await removeEmpty(root, dirname(below));
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function ruled(rules: unknown, form: string): readonly string[] | undefined {
  const names = isMap(rules) ? rules[form] : undefined;
  return Array.isArray(names) ? names.map(String) : undefined;
}
