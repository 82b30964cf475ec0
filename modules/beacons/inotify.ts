import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BeaconCtx, beacon, type Returnable } from '../define.ts';
import { checked, isMap, type Options, optionsOf, pythonPattern } from './config.ts';
import { watchByNode } from './inotify_node.ts';
import { watchByProgram } from './inotify_program.ts';
import type { Change, Wanted, Watch } from './inotify_watch.ts';

const MASKS = [
  'access',
  'attrib',
  'close_nowrite',
  'close_write',
  'create',
  'delete',
  'delete_self',
  'excl_unlink',
  'ignored',
  'modify',
  'moved_from',
  'moved_to',
  'move_self',
  'oneshot',
  'onlydir',
  'open',
  'unmount',
];
const DEFAULT_MASK = ['create', 'delete', 'modify'];

/**
 * Salt reads inotify through pyinotify. Node's own watches tell less than the kernel does (no opens, no closes), so
 * the program inotifywait is asked where it is installed, and Node where it is not.
 */
export default beacon({
  name: 'inotify',
  doc: 'Tell what happens to files and directories: the events of inotify, through inotifywait or, without it, those that Node sees.',
  example:
    'inotify:\n  - files:\n      /etc/important_file:\n        mask: [modify]\n      /opt:\n        recurse: True\n        auto_add: True\n        exclude:\n          - /opt/tmp\n          - /opt/.*\\.swp$:\n              regex: True\n  - coalesce: True',
  serves: (host) => host.os !== 'Windows' || 'there is no inotify',
  validate: checked('inotify', (options) => {
    if (!('files' in options)) return 'Configuration for inotify beacon must include files.';
    const files = options['files'];
    if (!isMap(files)) return 'Configuration for inotify beacon invalid, files must be a dict.';
    for (const wanted of Object.values(files)) {
      const fault = faultOf(wanted);
      if (fault !== undefined) return `Configuration for inotify beacon ${fault}`;
    }
    return undefined;
  }),
  open: (config, ctx) => {
    const options = optionsOf(config);
    const files = isMap(options['files']) ? options['files'] : {};
    const watches = new Map<string, Watch>();
    return {
      collect: async () => {
        const changes = [...watches.values()].flatMap((watch) => watch.take());
        for (const [path, watch] of watches) if (watch.over()) watches.delete(path);
        for (const [path, wanted] of Object.entries(files))
          if (!watches.has(path) && existsSync(path)) watches.set(path, await watch(wantedOf(path, wanted), ctx));
        const kept = changes.filter((change) => !excluded(change, files));
        return (options['coalesce'] === true ? distinct(kept) : kept).map(({ directory, path, change }) => ({
          tag: directory,
          path,
          change,
        }));
      },
      close: () => {
        for (const watch of watches.values()) watch.close();
        watches.clear();
      },
    };
  },
});

const watch = (wanted: Wanted, ctx: BeaconCtx): Promise<Watch> => {
  const program = ctx.host.which('inotifywait');
  return program === undefined ? watchByNode(wanted, ctx.log) : watchByProgram(program, wanted, ctx.log);
};

function faultOf(wanted: Returnable): string | undefined {
  if (!isMap(wanted)) return 'must be a list of dictionaries.';
  const { mask, recurse, auto_add } = wanted;
  if (mask === undefined && recurse === undefined && auto_add === undefined) return 'must contain mask, recurse or auto_add items.';
  if (auto_add !== undefined && typeof auto_add !== 'boolean') return 'auto_add must be boolean.';
  if (recurse !== undefined && typeof recurse !== 'boolean') return 'recurse must be boolean.';
  if (mask === undefined) return undefined;
  if (!Array.isArray(mask)) return 'mask must be list.';
  const unknown = mask.find((one) => !MASKS.includes(String(one)));
  return unknown === undefined ? undefined : `invalid mask option ${String(unknown)}.`;
}

function wantedOf(path: string, wanted: Returnable): Wanted {
  const options: Options = isMap(wanted) ? wanted : {};
  return {
    path,
    mask: new Set(Array.isArray(options['mask']) ? options['mask'].map(String) : DEFAULT_MASK),
    recurse: options['recurse'] === true,
    autoAdd: options['auto_add'] === true,
  };
}

/** By the rules of the nearest configured path above: a beginning, a glob, or a regular expression found anywhere. */
function excluded({ directory, path }: Change, files: Options): boolean {
  let above = directory;
  while (above !== '/' && above !== '.' && files[above] === undefined) above = dirname(above);
  const wanted = files[above];
  const rules = isMap(wanted) && Array.isArray(wanted['exclude']) ? wanted['exclude'] : [];
  return rules.some((rule) => excludes(rule, path));
}

function excludes(rule: Returnable, path: string): boolean {
  const [source, how] = isMap(rule) ? (Object.entries(rule)[0] ?? ['', null]) : [String(rule), null];
  if (isMap(how) && how['regex'] === true) {
    try {
      return pythonPattern(source, false).test(path);
    } catch {
      return false;
    }
  }
  return source.includes('*') ? globOf(source).test(path) : path.startsWith(source);
}

/** Python's fnmatch: `*` crosses slashes. */
const globOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()|{}[\]]/g, '\\$&')
      .replaceAll('*', '[^]*')
      .replaceAll('?', '[^]')}$`,
  );

function distinct(changes: readonly Change[]): Change[] {
  const seen = new Set<string>();
  return changes.filter(({ path, change }) => {
    const name = `${change}\0${path}`;
    return seen.has(name) ? false : seen.add(name) !== undefined;
  });
}
