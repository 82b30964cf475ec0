import { RE2JS } from 're2js';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import type { Log } from '../../modules/define.ts';
import type { MasterConfig } from '../options.ts';
import { rootsBackend } from './backends/roots.ts';
import { createFileServer, type FileServer } from './server.ts';

/** A listing is at most this old, in ms (Salt: 20 s). */
const LISTING_MS = 1000;

/** The file server the configuration describes. */
export function openFileServer(config: MasterConfig, log: Log): FileServer {
  for (const name of config.fileserver_backend) {
    if (name !== 'roots' && name !== 'file_roots') log.warn(`fileserver_backend ${name} is not provided yet; its files are not served`);
  }
  const roots = rootsBackend({
    roots: config.file_roots,
    followLinks: config.fileserver_followsymlinks,
    ignoreLinks: config.fileserver_ignoresymlinks,
    linkTargets: config.fileserver_symlink_targets,
    ignored: ignoredBy(config.file_ignore_regex, config.file_ignore_glob),
    listingMs: LISTING_MS,
    log,
  });
  return createFileServer([roots], config.hash_type);
}

function ignoredBy(regexes: readonly string[], globs: readonly string[]): (path: string) => boolean {
  const patterns = regexes.map((regex) => RE2JS.compile(regex));
  const matchers = globs.map((glob) => globMatcher(glob));
  return (path) => patterns.some((pattern) => pattern.matcher(path).find()) || matchers.some((matches) => matches(path));
}
