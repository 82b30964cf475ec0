import { stateModule } from '../../define.ts';
import { file } from './file.ts';
import { absent, present } from './jobs.ts';
import { env_absent, env_present } from './variables.ts';

/** The crontabs of users. */
export default stateModule({
  name: 'cron',
  doc: 'The crontabs of users.',
  serves: (host) => host.which('crontab') !== undefined || 'cron module could not be loaded',
  states: { present, absent, file, env_present, env_absent },
});
