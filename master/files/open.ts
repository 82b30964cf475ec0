import { RE2JS } from 're2js';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import type { Log } from '../../modules/define.ts';
import type { MasterConfig } from '../options.ts';
import type { FileBackend } from './backend.ts';
import { gitBackend } from './backends/git/index.ts';
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
  return createFileServer(backends, config.hash_type);
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
