import type { RunEvent } from '../../master/client/contract.ts';

/** What Salt puts in the place of a return that did not come. */
export const silence = ({ jid, state }: Extract<RunEvent, { kind: 'silent' }>): string =>
  state === 'offline'
    ? 'Minion did not return. [Not connected]'
    : `Minion did not return. [No response]\nThe minions may not have all finished running and any remaining minions will return upon completion. To look up the return data for this job later, run the following command:\n\nsalt-run jobs.lookup_jid ${jid}`;
