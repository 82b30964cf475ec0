import type { Backend } from './backend.ts';
import { file } from './file.ts';
import { auto, sharedsecret } from './simple.ts';

export interface EauthParts {
  readonly secret: () => string | null;
}

/** All ways to log in, by the name they have in `external_auth`. */
export const createBackends = ({ secret }: EauthParts): ReadonlyMap<string, Backend> =>
  new Map([auto, file, sharedsecret(secret)].map((backend) => [backend.name, backend]));
