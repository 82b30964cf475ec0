import { TsaltError } from '../protocol/errors.ts';

/** A path, environment or url for the file client that cannot be used. */
export class BadFileName extends TsaltError {
  constructor(what: string, why: string) {
    super('bad-file-name', `${JSON.stringify(what)} ${why}`);
  }
}

/** A file came, again and again, with other bytes than its hash says. */
export class FileDiffers extends TsaltError {
  constructor(path: string, env: string) {
    super('file-differs', `salt://${path} (saltenv ${env}) does not match its hash; it changes while it is read, or the way is broken`, {
      retry: true,
    });
  }
}
