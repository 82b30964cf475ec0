import type { Users } from '../sqlite-users.ts';
import type { Backend } from './backend.ts';
import { file } from './file.ts';
import { ldap } from './ldap.ts';
import { local } from './local.ts';
import { pam } from './pam.ts';
import { rest } from './rest.ts';
import { auto, sharedsecret } from './simple.ts';

export interface EauthParts {
  readonly secret: () => string | null;
  readonly users: Pick<Users, 'password'>;
  /** An option that is not in the table of options: `auth.ldap.server`, ... */
  readonly setting: (name: string) => unknown;
}

/** All ways to log in, by the name they have in `external_auth`. */
export const createBackends = ({ secret, users, setting }: EauthParts): ReadonlyMap<string, Backend> =>
  new Map([auto, file, ldap(setting), local(users), pam(setting), rest, sharedsecret(secret)].map((backend) => [backend.name, backend]));
