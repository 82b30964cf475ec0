import type { Log } from '../../../modules/define.ts';
import type { Users } from '../sqlite-users.ts';
import type { Backend } from './backend.ts';
import { file } from './file.ts';
import { local } from './local.ts';
import { auto, sharedsecret } from './simple.ts';

export interface EauthParts {
  readonly secret: () => string | null;
  readonly users: Pick<Users, 'password'>;
  /** An option that is not in the table of options: `auth.ldap.server`, ... */
  readonly setting: (name: string) => unknown;
  readonly log: Log;
}

/** All ways to log in, by the name they have in `external_auth`. */
export const createBackends = ({ secret, users }: EauthParts): ReadonlyMap<string, Backend> =>
  new Map([auto, file, local(users), sharedsecret(secret)].map((backend) => [backend.name, backend]));
