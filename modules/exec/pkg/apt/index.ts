import { call, execModule } from '../../../define.ts';
import { commonCalls, NAME, optional, PKGS, SOURCES } from '../calls.ts';
import { install, withoutHolds } from '../install.ts';
import { envOf, keyword, keywordFlag, keywordNumber, keywordText } from '../kwargs.ts';
import { keys } from './keys.ts';
import { newer } from './latest.ts';
import { looks } from './looks.ts';
import { repos } from './repos.ts';
import { states } from './states.ts';
import { aptTool, runPlan } from './tool.ts';
import { upgrading } from './upgrade.ts';

export default execModule({
  name: 'pkg',
  doc: 'Packages of Debian and its like, by apt and dpkg.',
  serves: (host) => aptTool.serves(host) || 'no package tool that is known (apt) is on this system',
  calls: {
    install: call({
      doc: 'Install packages, and return which versions changed.',
      examples: [
        "tsalt '*' pkg.install tree",
        `tsalt '*' pkg.install pkgs='["foo", {"bar": "1.2.3-0ubuntu0"}]'`,
        `tsalt '*' pkg.install sources='[{"foo": "salt://foo.deb"}]'`,
      ],
      args: {
        name: NAME,
        refresh: optional('fetch the package lists first'),
        fromrepo: { type: 'string', doc: 'the release to take packages from' },
        skip_verify: optional('take packages that are not signed'),
        debconf: { type: 'string', doc: 'answers to set before, as debconf.set_file takes them' },
        pkgs: PKGS,
        sources: SOURCES,
        reinstall: optional('install again what is there in that version'),
        downloadonly: optional('fetch, and install nothing'),
        ignore_epoch: optional('compare versions without their epochs'),
        normalize: { type: 'boolean', default: true, doc: "drop the system's own architecture from names" },
      },
      extra:
        'version: of the one package, also as a wish (`>=1.2`); only_upgrade, install_recommends, force_conf_new, force_yes; ' +
        'cache_valid_time; env: environment variables; saltenv; split_arch',
      changes: true,
      async run(ctx, args) {
        if (args.debconf !== undefined) await ctx.call('debconf.set_file', [args.debconf]);
        const recommends = Object.hasOwn(ctx.extra, 'install_recommends') ? keywordFlag(ctx, 'install_recommends') : undefined;
        const options = {
          fromrepo: args.sources?.length ? undefined : (args.fromrepo ?? keywordText(ctx, 'repo')),
          skipVerify: args.skip_verify,
          onlyUpgrade: keywordFlag(ctx, 'only_upgrade'),
          newConfiguration: keywordFlag(ctx, 'force_conf_new'),
          recommends,
          forceYes: keywordFlag(ctx, 'force_yes'),
          downloadOnly: args.downloadonly,
          env: envOf(keyword(ctx, 'env')),
        };
        const asked = {
          ...args,
          version: keyword(ctx, 'version'),
          saltenv: keywordText(ctx, 'saltenv'),
          normalize: args.normalize && keywordFlag(ctx, 'split_arch', true),
          cacheSeconds: keywordNumber(ctx, 'cache_valid_time'),
          ignoreEpoch: args.ignore_epoch,
        };
        return install(ctx, aptTool, asked, (plan, words) => {
          const names = words.map((word) => word.split('=')[0] ?? word);
          return withoutHolds(ctx, aptTool, names, () => runPlan(ctx, plan, options));
        });
      },
    }),
    ...commonCalls(aptTool),
    ...newer,
    ...upgrading,
    ...looks,
    ...states,
    ...repos,
    ...keys,
  },
});
