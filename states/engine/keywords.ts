/** Kinds of requisites by rising weight: of several edges the heaviest decides the order (Salt 3008's table). */
export const REQUISITES = [
  'onfail',
  'onfail_any',
  'onfail_all',
  'require',
  'require_any',
  'onchanges',
  'onchanges_any',
  'watch',
  'watch_any',
  'prereq',
  'prerequired',
  'listen',
] as const;
export type Requisite = (typeof REQUISITES)[number];

export const weightOf = (kind: Requisite): number => REQUISITES.indexOf(kind);
export const REQUISITE_KEYWORDS: ReadonlySet<string> = new Set([...REQUISITES, 'onfail_stop']);
const IN_KEYWORDS = ['onchanges_in', 'onfail_in', 'prereq_in', 'watch_in', 'require_in', 'listen_in'];

const RUNTIME = [
  'fun',
  'state',
  'check_cmd',
  'cmd_opts_exclude',
  'failhard',
  'onlyif',
  'unless',
  'creates',
  'retry',
  'order',
  'parallel',
  'prereq',
  'prereq_in',
  'reload_modules',
  'reload_grains',
  'reload_pillar',
  'runas',
  'runas_password',
  'no_log',
  'fire_event',
  'saltenv',
  'umask',
  'use',
  'use_in',
  'name_order',
  'sfun',
  'aggregate',
  'provider',
];
/** Arguments that are the engine's, not the state's. A state that names one in its table gets it all the same. */
export const ENGINE_KEYWORDS: ReadonlySet<string> = new Set([...REQUISITE_KEYWORDS, ...IN_KEYWORDS, ...RUNTIME]);
