import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { renderPipeline } from '../../kernel/render/pipeline.ts';
import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import { isTrue, type Value } from '../../kernel/render/python/value.ts';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { isTree } from './path.ts';
import type { Ports } from './ports.ts';
import { banner } from './slsutil/banner.ts';
import { merge, update } from './slsutil/merge.ts';
import { serializer } from './slsutil/serializers.ts';
import { templateGlobals, templateRenderers } from './state/templates.ts';

const SALTENV = { type: 'string', default: 'base', doc: 'the environment' } as const;
const PATH = { type: 'string', required: true, doc: 'a path below the root of the files' } as const;
const MERGING = {
  strategy: { type: 'string', default: 'smart', doc: 'smart, recurse, aggregate, list, overwrite or none' },
  renderer: { type: 'string', default: 'yaml', doc: 'what smart goes by: yamlex aggregates' },
  merge_lists: { type: 'boolean', default: false, doc: 'join lists rather than replace them' },
} as const;
const SERIALIZER = { type: 'string', required: true, doc: 'json, yaml, msgpack or configparser' } as const;

/** What SLS files and templates ask for: rendering, merging, serializing, looking into the files. */
export default function slsutil(ports: Ports) {
  const listed = async (ctx: Ctx, kind: 'list_master' | 'list_master_dirs', saltenv: string): Promise<readonly Returnable[]> => {
    const names = await ctx.call(`cp.${kind}`, [saltenv]);
    return Array.isArray(names) ? names : [];
  };
  const isFile = async (ctx: Ctx, path: string, env: string): Promise<boolean> => (await listed(ctx, 'list_master', env)).includes(path);
  const isFolder = async (ctx: Ctx, path: string, env: string): Promise<boolean> =>
    (await listed(ctx, 'list_master_dirs', env)).includes(path);
  const isThere = async (ctx: Ctx, path: string, env: string): Promise<boolean> =>
    (await isFile(ctx, path, env)) || (await isFolder(ctx, path, env));

  const render = async (ctx: Ctx, text: string, fallback: string): Promise<Returnable> => {
    const { saltenv, sls, context, ...more } = ctx.extra;
    const env = typeof saltenv === 'string' ? saltenv : 'base';
    const globals = templateGlobals(ports, ctx, { saltenv: env, sls: typeof sls === 'string' ? sls : '' });
    for (const [name, value] of Object.entries({ ...more, ...(isTree(context) ? context : {}) }))
      if (!name.startsWith('__')) globals.set(name, fromPlain(value));
    if (text.trim() === '') return {};
    return toPlain(await renderPipeline(text, fallback, templateRenderers(ports, ctx, env, globals))) as Returnable;
  };

  return execModule({
    name: 'slsutil',
    doc: 'What SLS files and templates ask for: rendering, merging, serializing, looking into the files.',
    calls: {
      update: call({
        doc: 'Write one map over another: maps in both are joined, anything else is replaced.',
        examples: [`tsalt '*' slsutil.update '{foo: Foo}' '{bar: Bar}'`],
        args: {
          dest: { type: 'any', required: true, doc: 'the map below; a template sees its own altered' },
          upd: { type: 'any', required: true, doc: 'the map above' },
          recursive_update: { type: 'boolean', default: true, doc: 'join maps in both' },
          merge_lists: { type: 'boolean', default: false, doc: 'join lists rather than replace them' },
        },
        changes: false,
        run: (_ctx, args) =>
          toPlain(
            update(fromPlain(args.dest), fromPlain(args.upd), { recursive: args.recursive_update, lists: args.merge_lists }),
          ) as Returnable,
      }),
      merge: call({
        doc: 'Merge two maps by a strategy.',
        examples: [`tsalt '*' slsutil.merge '{foo: Foo}' '{bar: Bar}'`],
        args: {
          obj_a: { type: 'any', required: true, doc: 'the map below' },
          obj_b: { type: 'any', required: true, doc: 'the map above' },
          ...MERGING,
        },
        changes: false,
        run: (_ctx, args) =>
          toPlain(merge(fromPlain(args.obj_a), fromPlain(args.obj_b), args.strategy, args.renderer, args.merge_lists)) as Returnable,
      }),
      merge_all: call({
        doc: 'Merge a list of maps, one after the other, by a strategy.',
        examples: [`tsalt '*' slsutil.merge_all '[{foo: Foo}, {foo: Bar}]'`],
        args: { lst: { type: 'list', required: true, doc: 'the maps' }, ...MERGING },
        changes: false,
        run: (_ctx, args) =>
          toPlain(
            args.lst.reduce<Value>((made, one) => merge(made, fromPlain(one), args.strategy, args.renderer, args.merge_lists), new Map()),
          ) as Returnable,
      }),
      renderer: call({
        doc: 'Render a file or a text; without its own `#!` line by the default renderers. Further keywords are variables.',
        examples: [
          "tsalt '*' slsutil.renderer salt://path/to/file",
          "tsalt '*' slsutil.renderer string='Hello {{ name }}' default_renderer=jinja name=you",
        ],
        args: {
          path: { type: 'string', doc: 'a salt:// url or a path' },
          string: { type: 'string', doc: 'the text itself' },
          default_renderer: { type: 'string', default: 'jinja|yaml', doc: 'the pipe of renderers' },
        },
        extra: 'variables of the template; `saltenv` and `context` as in states',
        changes: false,
        async run(ctx, { path, string, default_renderer }) {
          if (!path && !string) throw new CallRefused('Must pass path or string.');
          if (path && string) throw new CallRefused('Must not pass both path and string.');
          if (string) return render(ctx, string, default_renderer);
          const cached = await ctx.call('cp.get_url', [path ?? ''], { saltenv: ctx.extra['saltenv'] ?? 'base' });
          if (typeof cached !== 'string')
            throw new CommandFailed(`Template was specified incorrectly: ${cached === false ? 'False' : cached}`);
          return render(ctx, await readFile(cached, 'utf8'), default_renderer);
        },
      }),
      serialize: call({
        doc: 'Write a value in a format.',
        examples: [`tsalt '*' slsutil.serialize json '{foo: Foo}'`],
        args: { serializer: SERIALIZER, obj: { type: 'any', required: true, doc: 'the value' } },
        extra: 'options of the format: `indent`, `sort_keys` of json, `default_flow_style` of yaml',
        changes: false,
        run: (ctx, args) =>
          serializer(args.serializer).serialize(
            fromPlain(args.obj),
            new Map(Object.entries(ctx.extra).map(([key, value]) => [key, fromPlain(value)])),
          ),
      }),
      deserialize: call({
        doc: 'Read a value of a format.',
        examples: [`tsalt '*' slsutil.deserialize json '{"foo": "Foo"}'`],
        args: { serializer: SERIALIZER, stream_or_string: { type: 'any', required: true, doc: 'the text' } },
        extra: 'options of the format',
        changes: false,
        run(_ctx, args) {
          const given = args.stream_or_string;
          if (typeof given !== 'string' && !(given instanceof Uint8Array)) return given;
          const { deserialize } = serializer(args.serializer);
          try {
            return toPlain(deserialize(given)) as Returnable;
          } catch (error) {
            throw new CommandFailed(`Not ${args.serializer}: ${messageOf(error)}`);
          }
        },
      }),
      banner: call({
        doc: 'A framed comment for the head of a managed file.',
        examples: [`tsalt '*' slsutil.banner width=40 title=Managed`],
        args: {
          width: { type: 'number', default: 72, doc: 'characters of a line' },
          commentchar: { type: 'string', default: '#', doc: 'the comment sign' },
          borderchar: { type: 'string', default: '#', doc: 'what the frame is made of' },
          blockstart: { type: 'string', doc: 'a line before it, such as /*' },
          blockend: { type: 'string', doc: 'a line behind it, such as */' },
          title: { type: 'string', doc: 'the first paragraph, centred' },
          text: { type: 'string', doc: 'the second' },
          newline: { type: 'boolean', default: false, doc: 'end it with a line end' },
        },
        changes: false,
        run: (_ctx, args) => banner(args),
      }),
      boolstr: call({
        doc: 'One of two texts, by the truth of a value.',
        examples: ["tsalt '*' slsutil.boolstr True true=yes false=no"],
        args: {
          value: { type: 'any', required: true, doc: 'the value' },
          true: { type: 'any', default: 'true', doc: 'the text for truth' },
          false: { type: 'any', default: 'false', doc: 'the other' },
        },
        changes: false,
        run: (_ctx, args) => (isTrue(fromPlain(args.value)) ? args.true : args.false),
      }),
      file_exists: call({
        doc: 'Whether there is such a file among those of the master.',
        examples: ["tsalt '*' slsutil.file_exists nginx/defaults.yaml"],
        args: { path: PATH, saltenv: SALTENV },
        changes: false,
        run: (ctx, { path, saltenv }) => isFile(ctx, path, saltenv),
      }),
      dir_exists: call({
        doc: 'Whether there is such a directory among those of the master.',
        examples: ["tsalt '*' slsutil.dir_exists nginx/files"],
        args: { path: PATH, saltenv: SALTENV },
        changes: false,
        run: (ctx, { path, saltenv }) => isFolder(ctx, path, saltenv),
      }),
      path_exists: call({
        doc: 'Whether there is such a file or directory among those of the master.',
        examples: ["tsalt '*' slsutil.path_exists nginx"],
        args: { path: PATH, saltenv: SALTENV },
        changes: false,
        run: (ctx, { path, saltenv }) => isThere(ctx, path, saltenv),
      }),
      findup: call({
        doc: 'The nearest of some files, looked for from a directory upwards.',
        examples: ["tsalt '*' slsutil.findup formulas/shared/nginx map.jinja"],
        args: {
          startpath: { type: 'string', required: true, doc: 'the directory to start from' },
          filenames: { type: 'any', required: true, doc: 'a name or a list of names' },
          saltenv: SALTENV,
        },
        changes: false,
        async run(ctx, { startpath, filenames, saltenv }) {
          let folder = startpath === '' ? '' : posix.normalize(startpath).replace(/(.)\/$/, '$1');
          if (folder !== '' && !(await isThere(ctx, folder, saltenv)))
            throw new CallRefused(`Starting path not found in the state tree: ${folder}`);
          if (typeof filenames !== 'string' && !Array.isArray(filenames))
            throw new CallRefused('Filenames argument must be a string or list of strings');
          for (;;) {
            for (const name of [filenames].flat().map(String)) {
              const path = posix.join(folder, name);
              if (await isThere(ctx, path, saltenv)) return path;
            }
            if (folder === '') throw new CommandFailed('File pattern(s) not found in path ancestry');
            const above = posix.dirname(folder);
            folder = above === '.' || above === folder ? '' : above;
          }
        },
      }),
    },
  });
}
