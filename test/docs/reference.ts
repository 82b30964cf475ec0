// `node --import tsx test/docs/reference.ts [page ...]` writes the generated pages, or those whose path ends so.
import { mkdirSync, writeFileSync } from 'node:fs';
import { optionTable, referencePage } from '../../kernel/config/reference.ts';
import type { ModuleSource } from '../../kernel/loader/catalogue.ts';
import { modulePage } from '../../kernel/loader/reference.ts';
import { masterOptions } from '../../master/options.ts';
import { execSources } from '../../minion/builtins.ts';
import { agentModules } from '../../minion/calls/index.ts';
import type { Ports } from '../../minion/calls/ports.ts';
import { minionOptions } from '../../minion/options.ts';
import type { ExecModule } from '../../modules/define.ts';
import { restOptions } from '../../web/options.ts';

/** The generated pages by their path in the repository. */
export async function pages(): Promise<ReadonlyMap<string, string>> {
  const modules = await modulesByName();
  return new Map([
    ['docs/reference/master-options.md', referencePage('master', masterOptions)],
    ['docs/reference/api-options.md', apiPage()],
    ['docs/reference/minion-options.md', referencePage('minion', minionOptions)],
    ...[...modules].map(([name, providers]): [string, string] => [`docs/reference/modules/${name}.md`, modulePage(providers)]),
    ['docs/reference/modules/README.md', indexPage(modules)],
    ['master/access/reading.json', readingTable(modules)],
  ]);
}

const apiPage = (): string => `# Options of the API

Below \`rest_cherrypy\` in the configuration of the master; see [the guide](../guide/api.md). Made from \`web/options.ts\` by
\`node --import tsx test/docs/reference.ts\`. Options marked **ours** are unknown to Salt. Those of CherryPy that mean nothing here, such as
\`thread_pool\`, are left alone.

${optionTable(restOptions)}`;

export const placeOf = (page: string): URL => new URL(`../../${page}`, import.meta.url);

/** Definitions use the agent only when they are called, which nothing does here; some take parts of it apart before. */
function nowhere(): Ports {
  const paths = { confDir: '/', cachedir: '/', pkiDir: '/', extmods: '/' };
  const part: object = new Proxy(() => undefined, { get: (_target, key) => (key === 'then' ? undefined : part) });
  return new Proxy({ paths }, { get: (target, key) => Reflect.get(target, key) ?? part }) as unknown as Ports;
}

async function modulesByName(): Promise<Map<string, ExecModule[]>> {
  const sources: ModuleSource[] = [...agentModules(nowhere()), ...execSources];
  const found = new Map<string, ExecModule[]>();
  for (const { name, load } of sources) found.set(name, [...(found.get(name) ?? []), (await load()).default]);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Functions that change nothing, whichever provider serves: what the role of a watcher may run on minions. */
function readingTable(modules: ReadonlyMap<string, readonly ExecModule[]>): string {
  const changes = new Map<string, boolean>();
  for (const [module, providers] of modules)
    for (const { calls } of providers)
      for (const [name, one] of Object.entries(calls))
        changes.set(`${module}.${name}`, (changes.get(`${module}.${name}`) ?? false) || one.changes);
  const reading = [...changes].flatMap(([fun, changing]) => (changing ? [] : [fun])).sort();
  return `${JSON.stringify(reading, null, 2)}\n`;
}

function indexPage(modules: ReadonlyMap<string, readonly ExecModule[]>): string {
  const rows = [...modules].map(([name, providers]) => {
    const count = new Set(providers.flatMap(({ calls }) => Object.keys(calls))).size;
    return `| [${name}](${name}.md) | ${count} | ${(providers[0]?.doc ?? '').split('\n')[0] ?? ''} |`;
  });
  return [
    '# Built-in execution modules',
    '',
    'How functions are found, and what arguments and results mean: [../modules.md](../modules.md). How they compare with those of',
    'Salt: [../parity.md](../parity.md). Made from the definitions by `node --import tsx test/docs/reference.ts`.',
    '',
    '| module | functions | |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const wanted = process.argv.slice(2);
  mkdirSync(placeOf('docs/reference/modules'), { recursive: true });
  for (const [page, text] of await pages())
    if (wanted.length === 0 || wanted.some((end) => page.endsWith(end))) writeFileSync(placeOf(page), text);
}
