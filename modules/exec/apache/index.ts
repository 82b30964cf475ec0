import { writeFile } from 'node:fs/promises';
import { type Ctx, call, execModule, type Host, type Returnable } from '../../define.ts';
import { configText } from './config.ts';
import { debianCalls } from './debian.ts';
import { parseDirectives, parseHosts, parseModules, parseVersion } from './listing.ts';

/** The program by the name it has on this system. */
const program = ({ osFamily }: Host): string => (['Debian', 'Suse'].includes(osFamily) ? 'apache2ctl' : 'apachectl');

const said = async (ctx: Ctx, option: string): Promise<string> =>
  String(await ctx.call('cmd.run', [[program(ctx.host), option]], { python_shell: false }));

/** A call that reads what an option of the program prints. */
const listing = (as: string, option: string, doc: string, read: (text: string) => Returnable) =>
  call({
    doc: `${doc} (\`apachectl ${option}\`)`,
    examples: [`tsalt '*' apache.${as}`],
    args: {},
    changes: false,
    run: async (ctx) => read(await said(ctx, option)),
  });

const SIGNALS = ['start', 'stop', 'restart', 'graceful', 'graceful-stop'];
const QUESTIONS = ['configtest', 'status', 'fullstatus'];

async function signal(ctx: Ctx, name: string): Promise<Returnable> {
  if (!SIGNALS.includes(name) && !QUESTIONS.includes(name)) return null;
  const words = [program(ctx.host), ...(SIGNALS.includes(name) ? ['-k'] : []), name];
  const ran = await ctx.call('cmd.run_all', [words], { python_shell: false });
  const { stdout, stderr } = ran as { readonly stdout: string; readonly stderr: string };
  return stderr.trim() || stdout.trim() || `Command: "${words.join(' ')}" completed successfully!`;
}

/** The web server Apache. */
export default execModule({
  name: 'apache',
  doc: 'The web server Apache.',
  serves: (host) => host.which(program(host)) !== undefined || 'The apache execution module cannot be loaded: apache is not installed.',
  calls: {
    version: listing('version', '-v', 'The version.', (text) => text.split('\n')[0]?.split(': ')[1] ?? ''),
    fullversion: listing('fullversion', '-V', 'The version, and what it was built with.', parseVersion),
    modules: listing('modules', '-M', 'The modules, by whether they are part of the program.', parseModules),
    servermods: listing('servermods', '-l', 'The modules that are part of the program.', (text) =>
      text
        .split('\n')
        .filter((line) => line.includes('.c'))
        .map((line) => line.trim()),
    ),
    directives: listing('directives', '-L', 'The directives, with where they may stand.', parseDirectives),
    vhosts: listing('vhosts', '-S', 'The virtual hosts of addresses that have several.', parseHosts),
    signal: call({
      doc: 'Start, stop or restart the server, or ask how it is. None for a signal that there is not.',
      examples: ["tsalt '*' apache.signal restart"],
      args: { signal: { type: 'string', doc: [...SIGNALS, ...QUESTIONS].join(', ') } },
      changes: true,
      run: (ctx, args) => signal(ctx, args.signal ?? ''),
    }),
    config: call({
      doc: 'Write a file of configuration from a list of directives and sections, and return its text.',
      examples: [`tsalt '*' apache.config /etc/apache2/ports.conf config="[{'Listen': '22'}]"`],
      args: {
        name: { type: 'string', required: true, doc: 'the file' },
        config: { type: 'list', required: true, doc: 'maps of one key; `this` is what stands behind the name of a section' },
        edit: { type: 'boolean', default: true, doc: 'write the file; False: return the text alone' },
      },
      changes: true,
      async run(_ctx, args) {
        const text = configText(args.config);
        if (args.edit) await writeFile(args.name, `# This file is managed by Salt.\n${text}`);
        return text;
      },
    }),
    ...debianCalls,
  },
});
