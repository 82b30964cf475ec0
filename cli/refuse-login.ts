import { TsaltError } from '../protocol/errors.ts';
import type { Parsed } from './options/parse.ts';

/** @throws TsaltError for options that name a way to log in */
export function refuseLogin(parsed: Parsed): void {
  if (!parsed.has('eauth') && !parsed.flag('mktoken')) return;
  throw new TsaltError(
    'no-eauth',
    'logging in by external authentication (-a, -T) is not provided on the command line yet; run this as a user who may read the key file of the master',
  );
}
