import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RE2JS } from 're2js';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import type { Log } from '../../modules/define.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { MasterConfig } from '../options.ts';
import type { FileBackend } from './backend.ts';
import { gitBackend } from './backends/git/index.ts';
import { pluginModules } from './backends/plugins.ts';
import { rootsBackend } from './backends/roots.ts';
import { createFileServer, type FileServer } from './server.ts';

/** A listing is at most this old, in ms (Salt: 20 s). */
const LISTING_MS = 1000;

/** The file server the configuration describes. @throws BadConfig */
export function openFileServer(config: MasterConfig, log: Log): FileServer {
  const backends: FileBackend[] = [];
  for (const name of new Set(config.fileserver_backend.map(backendName))) {
    if (name === 'roots') backends.push(openRoots(config, log));
    else if (name === 'git') backends.push(gitBackend(config, ignoredBy(config.file_ignore_regex, config.file_ignore_glob), log));
    else log.warn(`fileserver_backend ${name} is not provided; its files are not served`);
  }
  if (config.plugins_builtin) backends.push(openBuiltin(log));
  return createFileServer(backends, config.hash_type, [pluginModules(backends)]);
}

/** Plugins that ship with tsalt: after all others, so that a folder of the same name goes before them. */
const openBuiltin = (log: Log): FileBackend => ({
  ...rootsBackend({
    roots: { base: [builtinPlugins()] },
    followLinks: false,
    ignoreLinks: true,
    linkTargets: [],
    ignored: (path) => path.includes('__pycache__'),
    listingMs: 60_000,
    log,
  }),
  name: 'builtin',
});

/** Beside the source, and beside a build. @throws TsaltError `broken-install` */
function builtinPlugins(): string {
  const places = ['../../docs/examples/plugins', '../docs/examples/plugins'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new TsaltError('broken-install', `there is no ${places[0]}; install tsalt again, or set plugins_builtin to False`);
  return found;
}

/** Backends have two names: with and without `fs` at the end. */
export const backendName = (name: string): string => (name === 'file_roots' ? 'roots' : name.replace(/fs$/, ''));

const openRoots = (config: MasterConfig, log: Log): FileBackend =>
  rootsBackend({
    roots: config.file_roots,
    followLinks: config.fileserver_followsymlinks,
    ignoreLinks: config.fileserver_ignoresymlinks,
    linkTargets: config.fileserver_symlink_targets,
    ignored: ignoredBy(config.file_ignore_regex, config.file_ignore_glob),
    listingMs: LISTING_MS,
    log,
  });

function ignoredBy(regexes: readonly string[], globs: readonly string[]): (path: string) => boolean {
  const patterns = regexes.map((regex) => RE2JS.compile(regex));
  const matchers = globs.map((glob) => globMatcher(glob));
  return (path) => patterns.some((pattern) => pattern.matcher(path).find()) || matchers.some((matches) => matches(path));
}
