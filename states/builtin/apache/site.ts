import { switchedModule } from './switched.ts';

/** Sites of Apache. */
export default switchedModule({ word: 'site', check: 'check_site_enabled', enable: 'a2ensite', disable: 'a2dissite' }, 'Sites');
