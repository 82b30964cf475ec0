import { switchedModule } from './switched.ts';

/** Pieces of configuration of Apache. */
export default switchedModule(
  { word: 'conf', check: 'check_conf_enabled', enable: 'a2enconf', disable: 'a2disconf' },
  'Pieces of configuration',
);
