import { TsaltError } from '../../protocol/errors.ts';

/** What a call returned cannot travel. `path` starts with `return` and names the offending value: `return.a[3].b`. */
export class NotReturnable extends TsaltError {
  readonly path: string;
  readonly why: string;
  constructor(path: string, why: string) {
    super('not-returnable', `${path} cannot be returned: ${why}`);
    this.path = path;
    this.why = why;
  }
}

/** The arguments do not fit the function: too few, too many, given twice, or of a wrong type. */
export class BadArguments extends TsaltError {
  constructor(message: string) {
    super('bad-arguments', message);
  }
}

/** Keyword arguments the function does not know; Salt words this differently from `BadArguments`. */
export class UnknownKeywords extends TsaltError {
  constructor(pairs: readonly string[]) {
    super('unknown-keywords', `The following keyword arguments are not valid: ${pairs.join(', ')}`);
  }
}

/** No such function on this minion. The message is Salt's, scripts look for it. */
export class NotAvailable extends TsaltError {
  constructor(message: string) {
    super('not-available', message);
  }
}

/** An exception of another language, which brings its class's name and its own traceback. */
export class ForeignException extends TsaltError {
  readonly kind: string;
  readonly traceback: string;
  constructor(kind: string, message: string, traceback: string) {
    super('foreign-exception', message);
    this.kind = kind;
    this.traceback = traceback;
  }
}
