import type { Persons } from '../../master/client/operations.ts';
import { TsaltError } from '../../protocol/errors.ts';

/** A door through which no person comes: for tests of what the master's own user may do. */
export const nobody: Persons = {
  login: async () => {
    throw new TsaltError('not-authenticated', 'nobody may log in here');
  },
  logout: async () => undefined,
  grant: async () => undefined,
  as: () => {
    throw new TsaltError('not-authenticated', 'nobody may log in here');
  },
};
