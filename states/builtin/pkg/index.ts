import type { Returnable } from '../../../modules/define.ts';
import { failed, foreseen, isPlan, type Outcome, type StateCtx, state, stateModule } from '../../define.ts';
import { aggregate } from './aggregate.ts';
import { INSTALLED, MORE } from './args.ts';
import { DOWNLOADED, downloaded } from './downloaded.ts';
import { GROUP, groupInstalled } from './groups.ts';
import { HELD, held, UNHELD, unheld } from './held.ts';
import { installed } from './installed.ts';
import { LATEST, latest } from './latest.ts';
import { PATCHES, patched } from './patches.ts';
import { UNINSTALL, uninstalled } from './uninstall.ts';
import { UPTODATE, uptodate } from './uptodate.ts';

const states = {
  installed: state({
    doc: 'Packages that are installed, in a version as wished.',
    examples: [
      'nginx:\n  pkg.installed:\n    - version: ">=1.22,<2"',
      'tools:\n  pkg.installed:\n    - pkgs:\n      - tree\n      - jq: "1.6*"',
    ],
    args: INSTALLED,
    extra: MORE,
    check: installed,
  }),
  latest: state({ doc: 'Packages in their newest version.', args: LATEST, extra: MORE, check: latest }),
  removed: state({
    doc: 'Packages that are not installed.',
    args: UNINSTALL,
    extra: MORE,
    check: async (ctx, args) => await uninstalled(ctx, args, 'remove'),
  }),
  purged: state({
    doc: 'Packages that are not installed, with no configuration left.',
    args: UNINSTALL,
    extra: MORE,
    check: async (ctx, args) => await uninstalled(ctx, args, 'purge'),
  }),
  uptodate: state({ doc: 'All packages in their newest version.', args: UPTODATE, extra: MORE, check: uptodate }),
  downloaded: state({
    doc: "Packages whose files are in the package tool's cache.",
    args: DOWNLOADED,
    extra: MORE,
    check: downloaded,
  }),
  patch_installed: state({
    doc: 'Patches of advisories that are installed (dnf, zypper).',
    args: PATCHES,
    extra: MORE,
    check: async (ctx, args) => await patched(ctx, args, 'installed'),
  }),
  patch_downloaded: state({
    doc: 'Patches of advisories that are downloaded (dnf, zypper).',
    args: PATCHES,
    extra: MORE,
    check: async (ctx, args) => await patched(ctx, args, 'downloaded'),
  }),
  group_installed: state({ doc: 'A group of packages that is installed (dnf).', args: GROUP, extra: MORE, check: groupInstalled }),
  held: state({ doc: 'Packages that are kept at their version.', args: HELD, extra: MORE, check: held }),
  unheld: state({ doc: 'Packages that are not kept at their version.', args: UNHELD, extra: MORE, check: unheld }),
};

const WATCHING = ['installed', 'latest', 'removed', 'purged'] as const;

/** What it watches has changed: it does what it always does. */
async function watch(ctx: StateCtx, args: Readonly<Record<string, Returnable>>, fun: string): Promise<Outcome> {
  const name = WATCHING.find((known) => known === fun);
  if (name === undefined) return failed(`pkg.${fun} does not work with the watch requisite`);
  const verdict = await states[name].check(ctx, args as never);
  if (!isPlan(verdict)) return verdict;
  return ctx.testing ? foreseen(verdict) : await verdict.apply();
}

/** Packages, by whatever tool this system uses. */
export default stateModule({ name: 'pkg', doc: 'Packages, by whatever tool this system uses.', states, watch, aggregate });
