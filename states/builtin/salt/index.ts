import { stateModule } from '../../define.ts';
import { waitForEvent } from './events.ts';
import { minionFunction } from './function.ts';
import { parallelRunners, runner, wheel } from './master.ts';
import { minionState } from './state.ts';

/** What orchestration does: states and functions on minions, runners and wheels of the master. */
export default stateModule({
  name: 'salt',
  doc: 'Orchestration: states and functions on minions, runners and wheels of the master; for SLS that the master runs.',
  states: {
    state: minionState,
    function: minionFunction,
    runner,
    wheel,
    parallel_runners: parallelRunners,
    wait_for_event: waitForEvent,
  },
});
