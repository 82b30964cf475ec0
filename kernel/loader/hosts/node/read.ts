import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecModule, GrainSource, Host } from '../../../../modules/define.ts';
import { messageOf } from '../../../../protocol/errors.ts';
import type { LoadedModule, RefusedModule } from '../../callable.ts';
import { fromDefinition, type MakeContext } from '../../definition.ts';
import { commentOf, plainDefinition } from './plain.ts';

const CODE = /\.([cm]?js|[cm]?ts)$/;

/** Names of the files of a folder that hold modules; the folder need not exist. */
export function moduleFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => CODE.test(file) && !/^[_.]|\.d\.[cm]?ts$/.test(file))
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

const nameOf = (file: string): string => file.replace(CODE, '');

/**
 * Imports a module: its default export is a definition, or else its exported functions are what it offers. Its virtual
 * name is that of the definition, `virtualname`, or the file's; `serves` says whether it is of use here.
 */
export async function readModule(folder: string, file: string, host: Host, context: MakeContext): Promise<LoadedModule | RefusedModule> {
  try {
    const exported = await importFile(folder, file);
    const definition = exported['default'];
    if (isDefinition(definition)) return fromDefinition(definition, host, context);
    const name = typeof exported['virtualname'] === 'string' ? exported['virtualname'] : nameOf(file);
    const { serves } = exported;
    const plain = plainDefinition(name, exported, '');
    const loaded = fromDefinition(isCheck(serves) ? { ...plain, serves: (here) => told(serves(here)) } : plain, host, context);
    return 'functions' in loaded ? documented(loaded, readFileSync(join(folder, file), 'utf8')) : loaded;
  } catch (thrown) {
    return { name: nameOf(file), reason: `${file} cannot be loaded: ${messageOf(thrown)}` };
  }
}

/** What a file of `_grains` offers: a source as its default export, or functions that answer grains. */
export async function readGrains(folder: string, file: string): Promise<readonly GrainSource[]> {
  const exported = await importFile(folder, file);
  const source = exported['default'];
  if (isSource(source)) return [source];
  return Object.entries(exported).flatMap(([name, collect]) =>
    typeof collect === 'function' && /^[a-z]/i.test(name)
      ? [{ name: `${nameOf(file)}.${name}`, doc: '', collect: async (host) => await collect(host) }]
      : [],
  );
}

/** The exports of a file; what a CommonJS file exports stands beside its default. */
async function importFile(folder: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const exported = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
  const common = exported['default'];
  const isCommon = common !== null && typeof common === 'object' && !isDefinition(common) && !isSource(common);
  return isCommon ? { ...(common as Record<string, unknown>), ...exported } : exported;
}

const documented = ({ name, functions }: LoadedModule, source: string): LoadedModule => ({
  name,
  functions: new Map([...functions].map(([own, callable]) => [own, { ...callable, doc: commentOf(own, source) }])),
});

type Check = (host: Host) => unknown;
const isCheck = (value: unknown): value is Check => typeof value === 'function';
const told = (answer: unknown): true | string =>
  answer === true ? true : typeof answer === 'string' ? answer : 'it does not serve this machine';

const has = (value: unknown, field: string, type: string): boolean =>
  value !== null && typeof value === 'object' && typeof (value as Record<string, unknown>)[field] === type;
const isDefinition = (value: unknown): value is ExecModule => has(value, 'name', 'string') && has(value, 'calls', 'object');
const isSource = (value: unknown): value is GrainSource => has(value, 'name', 'string') && has(value, 'collect', 'function');
