import { readFile, writeFile } from 'node:fs/promises';
import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';

async function current(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function configfile(ctx: StateCtx, name: string, config: readonly Returnable[]): Promise<Verdict> {
  const wanted = String(await ctx.call('apache.config', [name, config], { edit: false }));
  const old = await current(name);
  if (wanted.trim() === old.trim()) return inOrder('Configuration is up to date.');
  const changes = { old, new: wanted };
  return {
    predicted: { comment: 'Configuration will update.', changes },
    apply: async () => {
      try {
        await writeFile(name, `${wanted}\n`);
      } catch (error) {
        return failed(`Failed to create apache configuration. ${error instanceof Error ? error.message : String(error)}`);
      }
      return inOrder('Successfully created configuration.', changes);
    },
  };
}

/** Configuration of Apache. */
export default stateModule({
  name: 'apache',
  doc: 'Configuration of the web server Apache.',
  serves: (host) => ['apache2ctl', 'apachectl'].some((program) => host.which(program) !== undefined) || 'apache module could not be loaded',
  states: {
    configfile: state({
      doc: 'A file of configuration that has these directives and sections.',
      examples: [
        "/etc/apache2/sites-available/web.conf:\n  apache.configfile:\n    - config:\n      - VirtualHost:\n          this: '*:80'\n          ServerName: example.org",
      ],
      args: {
        name: { type: 'string', required: true, doc: 'the file' },
        config: { type: 'list', required: true, doc: 'maps of one key; `this` is what stands behind the name of a section' },
      },
      check: (ctx, { name, config }) => configfile(ctx, name, config),
    }),
  },
});
