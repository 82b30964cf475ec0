import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { call } from '../../define.ts';

const ROOT = '/etc/apache2';
const isLink = async (...path: readonly string[]): Promise<boolean> =>
  (await lstat(join(ROOT, ...path)).catch(() => undefined))?.isSymbolicLink() ?? false;

/** Runs a program of Debian that enables or disables something. A failure shows in the status alone, as with Salt. */
const switching = (program: string, kind: 'Site' | 'Mod' | 'Conf', verb: 'Enable' | 'Disable', doc: string) => {
  const name = kind.toLowerCase();
  return call({
    doc: `${doc} Debian and its relatives only.`,
    examples: [`tsalt '*' apache.${program} example`],
    args: { [name]: { type: 'string', required: true, doc: 'its name' } as const },
    changes: true,
    async run(ctx, args) {
      const what = String(args[name]);
      const code = Number(await ctx.call('cmd.retcode', [[program, what]], { python_shell: false }));
      const isMissing = verb === 'Enable' && code === 1;
      const status = code === 0 ? `${kind} ${what} ${verb.toLowerCase()}d` : isMissing ? `${kind} ${what} Not found` : code;
      return { Name: `Apache2 ${verb} ${kind}`, [kind]: what, Status: status };
    },
  });
};

const NAME = { type: 'string', required: true, doc: 'its name' } as const;

/** Sites, modules and pieces of configuration, which Debian enables by links. Salt 3008 leaves these to an extension. */
export const debianCalls = {
  check_site_enabled: call({
    doc: 'Whether a site is enabled.',
    examples: ["tsalt '*' apache.check_site_enabled example.com"],
    args: { site: NAME },
    changes: false,
    async run(_ctx, { site }) {
      const file = site.endsWith('.conf') ? site : `${site}.conf`;
      return (await isLink('sites-enabled', file)) || (site === 'default' && (await isLink('sites-enabled', `000-${file}`)));
    },
  }),
  a2ensite: switching('a2ensite', 'Site', 'Enable', 'Enable a site.'),
  a2dissite: switching('a2dissite', 'Site', 'Disable', 'Disable a site.'),
  check_mod_enabled: call({
    doc: 'Whether a module is enabled.',
    examples: ["tsalt '*' apache.check_mod_enabled status"],
    args: { mod: NAME },
    changes: false,
    run: (_ctx, { mod }) => isLink('mods-enabled', /\.(load|conf)$/.test(mod) ? mod : `${mod}.load`),
  }),
  a2enmod: switching('a2enmod', 'Mod', 'Enable', 'Enable a module.'),
  a2dismod: switching('a2dismod', 'Mod', 'Disable', 'Disable a module.'),
  check_conf_enabled: call({
    doc: 'Whether a piece of configuration is enabled.',
    examples: ["tsalt '*' apache.check_conf_enabled security"],
    args: { conf: NAME },
    changes: false,
    run: (_ctx, { conf }) => isLink('conf-enabled', conf.endsWith('.conf') ? conf : `${conf}.conf`),
  }),
  a2enconf: switching('a2enconf', 'Conf', 'Enable', 'Enable a piece of configuration.'),
  a2disconf: switching('a2disconf', 'Conf', 'Disable', 'Disable a piece of configuration.'),
};
