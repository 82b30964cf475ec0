import { readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { basename, join } from 'node:path';
import { type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { execute, output, program } from './commands.ts';
import { readIfThere } from './files.ts';

interface Module {
  readonly module: string;
  readonly size: string;
  readonly depcount: string;
  readonly deps: string[];
}

async function loaded(ctx: Ctx): Promise<Module[]> {
  const rows = (await output(ctx, [program(ctx, 'lsmod')])).split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([first, ...others]) => others.length >= 2 && first !== 'Module')
    .map(([module = '', size = '', depcount = '', deps]) => ({ size, module, depcount, deps: deps?.split(',') ?? [] }));
}

const namesOf = (modules: readonly Module[]): Set<string> => new Set(modules.map(({ module }) => module));

/** The modules that this kernel has, built in or in files. */
async function available(): Promise<string[]> {
  const folder = join('/lib/modules', release());
  const builtIn = (await readFile(join(folder, 'modules.builtin'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const inFiles = files.filter((entry) => !entry.isDirectory() && entry.name.includes('.ko'));
  return [
    ...builtIn.map((line) => basename(line).slice(0, -'.ko'.length)),
    ...inFiles.map(({ name }) => name.slice(0, name.indexOf('.ko')).replaceAll('-', '_')),
  ].sort();
}

/** The file of modules that are loaded at each start. */
const configOf = (ctx: Ctx): string => ('systemd' in ctx.grains ? '/etc/modules-load.d/salt_managed.conf' : '/etc/modules');

async function kept(ctx: Ctx): Promise<Set<string>> {
  const lines = ((await readIfThere(configOf(ctx))) ?? '').split('\n').map((line) => line.trim());
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')).map(nameOf));
}

/** A line may hold options behind the module. */
const nameOf = (line: string): string => line.trim().split(/\s+/)[0] ?? '';
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Writes the module into the file; the name if that changed anything. */
async function keep(ctx: Ctx, line: string): Promise<string[]> {
  const [config, name] = [configOf(ctx), nameOf(line)];
  if ((await readIfThere(config)) === undefined) await ctx.call('file.touch', [config]);
  if (name === '' || (await kept(ctx)).has(name) || !(await available()).includes(name)) return [];
  const isCommented = await ctx.call('file.search', [config, `^#[\t ]*${literal(line)}[\t ]*$`], { multiline: true });
  if (isCommented) await ctx.call('file.uncomment', [config, literal(line)]);
  else await ctx.call('file.append', [config, line]);
  return [name];
}

async function drop(ctx: Ctx, line: string, comments: boolean): Promise<string[]> {
  const [config, name] = [configOf(ctx), nameOf(line)];
  if (name === '' || !(await kept(ctx)).has(name)) return [];
  const pattern = `^[\t ]*${literal(line)}[\t ]?`;
  if (comments) await ctx.call('file.comment', [config, pattern]);
  else await ctx.call('file.sed', [config, pattern, '']);
  return [name];
}

/** Loads or removes by a program: the modules that came or went, those of the file among them, or its complaint. */
async function change(ctx: Ctx, tool: 'modprobe' | 'rmmod', mod: string, persisting: () => Promise<string[]>): Promise<Returnable> {
  const before = namesOf(await loaded(ctx));
  const { retcode, stderr } = await execute(ctx, [program(ctx, tool), ...mod.split(/\s+/)]);
  if (retcode !== 0) return `Error ${tool === 'modprobe' ? 'loading' : 'removing'} module ${mod}: ${stderr}`;
  const after = namesOf(await loaded(ctx));
  const moved = tool === 'modprobe' ? [...after].filter((name) => !before.has(name)) : [...before].filter((name) => !after.has(name));
  return [...new Set([...moved, ...(await persisting())])].sort();
}

const mod = { type: 'string', required: true, doc: 'the module' } as const;

export default execModule({
  name: 'kmod',
  doc: 'Modules of the kernel.',
  calls: {
    available: call({
      doc: 'The modules that this kernel has.',
      examples: ["tsalt '*' kmod.available"],
      args: {},
      changes: false,
      run: () => available(),
    }),
    check_available: call({
      doc: 'Whether this kernel has a module.',
      examples: ["tsalt '*' kmod.check_available kvm"],
      args: { mod },
      changes: false,
      run: async (_ctx, args) => (await available()).includes(args.mod),
    }),
    lsmod: call({
      doc: 'The loaded modules, with their size and who uses them.',
      examples: ["tsalt '*' kmod.lsmod"],
      args: {},
      changes: false,
      run: async (ctx): Promise<Returnable> => (await loaded(ctx)).map((module) => ({ ...module })),
    }),
    mod_list: call({
      doc: 'The names of the loaded modules.',
      examples: ["tsalt '*' kmod.mod_list"],
      args: { only_persist: { type: 'boolean', default: false, doc: 'those that are loaded at each start instead' } },
      changes: false,
      run: async (ctx, args) => [...(args.only_persist ? await kept(ctx) : namesOf(await loaded(ctx)))].sort(),
    }),
    is_loaded: call({
      doc: 'Whether a module is loaded.',
      examples: ["tsalt '*' kmod.is_loaded kvm"],
      args: { mod },
      changes: false,
      run: async (ctx, args) => namesOf(await loaded(ctx)).has(args.mod),
    }),
    load: call({
      doc: 'Load a module: the names of those that came, or what modprobe complained of.',
      examples: ["tsalt '*' kmod.load kvm"],
      args: { mod, persist: { type: 'boolean', default: false, doc: 'also at each start' } },
      changes: true,
      run: (ctx, args) => change(ctx, 'modprobe', args.mod, async () => (args.persist ? keep(ctx, args.mod) : [])),
    }),
    remove: call({
      doc: 'Remove a module: the names of those that went, or what rmmod complained of.',
      examples: ["tsalt '*' kmod.remove kvm"],
      args: {
        mod,
        persist: { type: 'boolean', default: false, doc: 'also from those loaded at each start' },
        comment: { type: 'boolean', default: true, doc: 'with `persist`: comment the line out instead of removing it' },
      },
      changes: true,
      run: (ctx, args) => change(ctx, 'rmmod', args.mod, async () => (args.persist ? drop(ctx, args.mod, args.comment) : [])),
    }),
  },
});
