import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, execModule } from '../../define.ts';
import { CREATE, create, type Ended, versionOf } from './create.ts';

const VENV = { venv: { type: 'string', required: true, doc: 'the virtual environment' } } as const;
const RESOURCE = {
  ...VENV,
  package: { type: 'string', doc: 'the package' },
  resource: { type: 'string', doc: 'the path within it' },
} as const;

const UNSAFE = ['import', ';', 'subprocess', 'eval', 'open', 'file', 'exec', 'input'];

/** Refuses what would be more than a name within a program. */
function safe(...names: readonly (string | undefined)[]): void {
  for (const name of names) {
    if (name === undefined) throw new Error('package and resource must be given');
    if (UNSAFE.some((word) => name.includes(word))) throw new CallRefused(`Unsafe python code detected in '${name}'`);
  }
}

/** What a program prints that the python of an environment runs. */
async function ask(ctx: Ctx, venv: string, code: string): Promise<string> {
  const python = join(venv, 'bin', 'python');
  if (!existsSync(python)) throw new CommandFailed(`Path '${venv}' does not appear to be a virtualenv: '${python}' not found.`);
  const ended = (await ctx.call('cmd.exec_code_all', [python, code])) as unknown as Ended;
  if (ended.retcode !== 0) throw new CommandFailed(`${ended.stdout}\n${ended.stderr}`);
  return ended.stdout;
}

/** A text as a literal of Python. */
const literal = (text: string): string => JSON.stringify(text);

const DISTRIBUTION = (name: string): string => `import sys
if sys.version_info >= (3, 12):
    import importlib.metadata, sysconfig
    importlib.metadata.distribution(${literal(name)})
    print(sysconfig.get_path("purelib"))
else:
    import pkg_resources
    print(pkg_resources.get_distribution(${literal(name)}).location)
`;

const onResource = (as: string, by: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' virtualenv.${as} /opt/app flask static/style.css`],
    args: RESOURCE,
    changes: false,
    run(ctx, args) {
      safe(args.package, args.resource);
      return ask(
        ctx,
        args.venv,
        `import pkg_resources; print(pkg_resources.${by}(${literal(args.package ?? '')}, ${literal(args.resource ?? '')}))`,
      );
    },
  });

/** Virtual environments of Python. */
export default execModule({
  name: 'virtualenv',
  doc: 'Virtual environments of Python.',
  calls: {
    virtualenv_ver: call({
      doc: 'The numbers of the version of virtualenv.',
      examples: ["tsalt '*' virtualenv.virtualenv_ver /usr/bin/virtualenv"],
      args: { venv_bin: { type: 'string', required: true, doc: 'the program' }, user: CREATE.user },
      extra: 'options of cmd.run_all',
      changes: false,
      run: (ctx, args) => versionOf(ctx, args.venv_bin, args.user, ctx.extra),
    }),
    create: call({
      doc: 'Make a virtual environment.',
      examples: [
        "tsalt '*' virtualenv.create /opt/app",
        "tsalt '*' virtualenv.create /opt/app venv_bin=python3.12 system_site_packages=True",
      ],
      args: CREATE,
      extra: 'options of cmd.run_all',
      changes: true,
      run: (ctx, args) => create(ctx, args),
    }),
    get_site_packages: call({
      doc: 'The directory where an environment has its packages.',
      examples: ["tsalt '*' virtualenv.get_site_packages /opt/app"],
      args: VENV,
      changes: false,
      run: (ctx, args) => ask(ctx, args.venv, 'import sysconfig; print(sysconfig.get_path("purelib"))'),
    }),
    get_distribution_path: call({
      doc: 'The directory where a package of an environment is installed.',
      examples: ["tsalt '*' virtualenv.get_distribution_path /opt/app flask"],
      args: { ...VENV, distribution: { type: 'string', required: true, doc: 'the package' } },
      changes: false,
      run(ctx, args) {
        safe(args.distribution);
        return ask(ctx, args.venv, DISTRIBUTION(args.distribution));
      },
    }),
    get_resource_path: onResource('get_resource_path', 'resource_filename', 'The path of a file that came with a package.'),
    get_resource_content: onResource('get_resource_content', 'resource_string', 'A file that came with a package, as Python shows bytes.'),
  },
});
