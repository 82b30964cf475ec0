import { switchedModule } from './switched.ts';

/** Modules of Apache. */
export default switchedModule({ word: 'module', check: 'check_mod_enabled', enable: 'a2enmod', disable: 'a2dismod' }, 'Modules');
