import { CallRefused } from '../../define.ts';

/** A remote, and how git is told the user and password for it: by its environment, where other users cannot read them. */
export interface Remote {
  /** Without user and password. */
  readonly url: string;
  /** With them: what stands in the repository's configuration. */
  readonly full: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Takes a URL's user and password out of it, those of the arguments first. Throws CallRefused where they would go in clear text. */
export const remoteOf = (url: string, user: string | undefined, password: string | undefined): Remote => {
  const [, scheme, inside, rest = ''] = /^(https?):\/\/(?:([^/@]*)@)?(.*)$/.exec(url) ?? [];
  if (user === undefined && inside === undefined) return { url, full: url, env: {} };
  if (user !== undefined && scheme !== 'https') throw new CallRefused('Basic Auth only supported for HTTPS');
  const secret = user === undefined ? inside : `${user}${password === undefined ? '' : `:${password}`}`;
  const [plain, full] = [`${scheme}://${rest}`, `${scheme}://${secret}@${rest}`];
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `url.${full}.insteadOf`, GIT_CONFIG_VALUE_0: plain };
  return { url: plain, full, env };
};
