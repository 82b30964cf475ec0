import { call, execModule } from '../../define.ts';
import { BIN_ENV, CWD, ENV_VARS, EXTRA_ARGS, INDEXES, INSTALL, LINE, PKGS, REQUIREMENTS, SALTENV, USE_VT, USER } from './args.ts';
import { install, uninstall } from './install.ts';
import { freeze, list, listAllVersions, listFrozen, listUpgrades, normalized, upgrade } from './listing.ts';
import { versionOf } from './program.ts';

const WHERE = { ...BIN_ENV, ...USER, ...CWD } as const;
const PREFIX = { prefix: { type: 'string', doc: 'how the names begin' } } as const;
const MORE = 'options of cmd.run_all';
const including = (what: string) => ({ type: 'boolean', default: false, doc: `with ${what}` }) as const;

/** Packages of Python, by pip. */
export default execModule({
  name: 'pip',
  doc: 'Packages of Python, by pip.',
  calls: {
    version: call({
      doc: 'The version of pip.',
      examples: ["tsalt '*' pip.version", "tsalt '*' pip.version bin_env=/opt/app"],
      args: { ...BIN_ENV, ...CWD, ...USER },
      changes: false,
      run: (ctx, args) => versionOf(ctx, args),
    }),
    normalize: call({
      doc: 'A name as package indexes compare them.',
      examples: ["tsalt '*' pip.normalize Flask_Login"],
      args: { name: { type: 'string', required: true, doc: 'the name' } },
      changes: false,
      run: (_ctx, args) => normalized(args.name),
    }),
    install: call({
      doc: 'Install packages: by name, from files of requirements, or in place.',
      examples: [
        "tsalt '*' pip.install requests,flask bin_env=/opt/app",
        "tsalt '*' pip.install requirements=/opt/app/requirements.txt upgrade=True",
      ],
      args: INSTALL,
      extra: MORE,
      changes: true,
      run: (ctx, args) => install(ctx, args),
    }),
    uninstall: call({
      doc: 'Remove packages: by name, or those of files of requirements.',
      examples: ["tsalt '*' pip.uninstall requests,flask bin_env=/opt/app"],
      args: { ...PKGS, ...REQUIREMENTS, ...BIN_ENV, ...LINE, ...USER, ...CWD, ...SALTENV, ...USE_VT, ...EXTRA_ARGS },
      changes: true,
      run: (ctx, args) => uninstall(ctx, args),
    }),
    freeze: call({
      doc: 'What is installed, as lines of a file of requirements.',
      examples: ["tsalt '*' pip.freeze bin_env=/opt/app"],
      args: { ...WHERE, ...USE_VT, ...ENV_VARS },
      extra: MORE,
      changes: false,
      run: (ctx, args) => freeze(ctx, args),
    }),
    list_freeze_parse: call({
      doc: 'The versions of what is installed, by what `pip freeze` prints.',
      examples: ["tsalt '*' pip.list_freeze_parse flask"],
      args: { ...PREFIX, ...WHERE, ...ENV_VARS },
      extra: MORE,
      changes: false,
      run: (ctx, args) => listFrozen(ctx, args),
    }),
    list: call({
      doc: 'The versions of what is installed.',
      examples: ["tsalt '*' pip.list", "tsalt '*' pip.list flask bin_env=/opt/app"],
      args: { ...PREFIX, ...WHERE, ...ENV_VARS },
      extra: MORE,
      changes: false,
      run: (ctx, args) => list(ctx, args),
    }),
    is_installed: call({
      doc: 'Whether a package is installed.',
      examples: ["tsalt '*' pip.is_installed flask"],
      args: { pkgname: { type: 'string', required: true, doc: 'the package' }, ...WHERE },
      changes: false,
      run: async (ctx, { pkgname, ...where }) =>
        Object.keys(await list(ctx, { ...where, prefix: pkgname })).includes(pkgname.toLowerCase()),
    }),
    list_upgrades: call({
      doc: 'What is outdated, with the newest version of each.',
      examples: ["tsalt '*' pip.list_upgrades bin_env=/opt/app"],
      args: WHERE,
      changes: false,
      run: (ctx, args) => listUpgrades(ctx, args),
    }),
    upgrade_available: call({
      doc: 'Whether there is a newer version of a package.',
      examples: ["tsalt '*' pip.upgrade_available flask"],
      args: { pkg: { type: 'string', required: true, doc: 'the package' }, ...WHERE },
      changes: false,
      run: async (ctx, { pkg, ...where }) => Object.hasOwn(await listUpgrades(ctx, where), pkg),
    }),
    upgrade: call({
      doc: 'Install the newest versions of all that is outdated.',
      examples: ["tsalt '*' pip.upgrade bin_env=/opt/app"],
      args: { ...WHERE, ...USE_VT },
      changes: true,
      run: (ctx, args) => upgrade(ctx, args),
    }),
    list_all_versions: call({
      doc: 'All versions of a package that an index has; null when there is none.',
      examples: ["tsalt '*' pip.list_all_versions flask"],
      args: {
        pkg: { type: 'string', required: true, doc: 'the package' },
        ...BIN_ENV,
        include_alpha: including('alphas'),
        include_beta: including('betas'),
        include_rc: including('release candidates'),
        ...USER,
        ...CWD,
        ...INDEXES,
      },
      changes: false,
      run: (ctx, args) => listAllVersions(ctx, args),
    }),
  },
});
