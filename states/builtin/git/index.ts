import { stateModule } from '../../define.ts';
import { cloned } from './cloned.ts';
import { config_set, config_unset } from './config.ts';
import { detached } from './detached.ts';
import { latest } from './latest.ts';
import { present } from './present.ts';

/** Repositories of git. */
export default stateModule({
  name: 'git',
  doc: 'Repositories of git.',
  serves: (host) => host.which('git') !== undefined || 'git module could not be loaded',
  states: { cloned, config_set, config_unset, detached, latest, present },
});
