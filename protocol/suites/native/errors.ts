import { BadFrame, TsaltError } from '../../errors.ts';

/** The master holds no such session (it restarted, or the session expired or was forgotten): join again. */
export class SessionLost extends BadFrame {
  constructor() {
    super('the master does not know this session any more; join again');
  }
}

/** A genuine publication under a group key this minion has not been given: call `session.refresh`, then open it again. */
export class EpochUnknown extends BadFrame {
  constructor(epoch: string) {
    super(`the publication is under group key ${epoch}, which this minion does not have yet`);
  }
}

/** What answers does not speak the native suite: a real salt-master, or something that is no master. */
export class NotNative extends TsaltError {
  constructor() {
    super('not-native', 'the master does not answer in the native suite; use `suite: salt`, or check the address and ret_port');
  }
}
