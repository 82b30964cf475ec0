import { globMatcher } from '../../kernel/targeting/glob.ts';
import table from './reading.json' with { type: 'json' };

/**
 * What those who may only read may run on minions. `reading.json` is made of the definitions of built-in modules
 * (`node --import tsx test/docs/reference.ts`): functions all of whose providers say that they change nothing.
 * Custom modules are not in it, and so are not for readers.
 */
const READING: ReadonlySet<string> = new Set(table);

/**
 * Functions that change nothing but are not for readers: they tell what files, options, pillar and databases hold, secrets
 * among it, reach other machines, or call what their arguments name.
 */
const NOT_FOR_READERS = [
  'archive.*',
  'at.*',
  'config.*',
  'cp.*',
  'cron.*',
  'data.*',
  'debconf.*',
  'docker.*',
  'environ.*',
  'event.*',
  'file.apply_template_on_contents',
  'file.check_*',
  'file.contains*',
  'file.get_diff',
  'file.get_managed',
  'file.grep',
  'file.list_backup*',
  'file.read',
  'file.search',
  'file.sed_contains',
  'file.seek_read',
  'file.source_list',
  'git.*',
  'hashutil.base64_encodefile',
  'ini.*',
  'log.*',
  'match.*',
  'mine.*',
  'mysql.*',
  'network.connect',
  'network.ping',
  'network.traceroute',
  'pillar.*',
  'postgres.*',
  'publish.*',
  'random.shadow_hash',
  'ret.*',
  'rsync.*',
  'saltutil.*',
  'shadow.*',
  'slsutil.*',
  'ssh.*',
  'state.*',
  'status.custom',
  'test.attr_call',
  'test.conf_test',
  'test.get_opts',
  'test.opts_pkg',
  'test.rand_sleep',
  'test.sleep',
  'test.try',
  'virtualenv.*',
  'x509.*',
].map(globMatcher);

/** The same for runners and wheels: the record of what others did, who they are, and what pillar holds. */
const NOT_OF_THE_MASTER = ['audit.*', 'users.*', 'pillar.*', 'fleet.pillar', 'cache.pillar', 'mine.*', 'event.*'].map(globMatcher);

/** Whether a function of minions is known to change nothing and to tell no secrets. */
export const forReaders = (fun: string): boolean => READING.has(fun) && !NOT_FOR_READERS.some((fits) => fits(fun));

/** Whether a reader may call a runner or wheel function that changes nothing. */
export const ofTheMasterForReaders = (fun: string): boolean => !NOT_OF_THE_MASTER.some((fits) => fits(fun));
