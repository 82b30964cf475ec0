import { repr } from '../python/repr.ts';
import { Opaque, typeName, type Value } from '../python/value.ts';
import { JinjaError } from './errors.ts';

/** A name, attribute or item that is not there. To use it in any way but asking whether it is defined is an error. */
export class Undefined extends Opaque {
  readonly typeName: string = 'Undefined';
  readonly why: string;
  constructor(why: string) {
    super();
    this.why = why;
  }
  fail(): never {
    throw new JinjaError('undefined', this.why);
  }
  override attribute(): never {
    return this.fail();
  }
  override item(): never {
    return this.fail();
  }
  override has(): never {
    return this.fail();
  }
  override isTrue(): boolean {
    return this.fail();
  }
  override text(): string {
    return this.fail();
  }
  override items(): never {
    return this.fail();
  }
}

export const undefinedName = (name: string): Undefined => new Undefined(`'${name}' is undefined`);

/** What is missing in a value, in Jinja's words. */
export function undefinedIn(value: Value, key: Value): Undefined {
  const kind = value === null ? 'None' : `${typeName(value)} object`;
  return new Undefined(typeof key === 'string' ? `'${kind}' has no attribute ${repr(key)}` : `${kind} has no element ${repr(key)}`);
}

/** The value, unless it is undefined. @throws JinjaError */
export function defined(value: Value): Value {
  return value instanceof Undefined ? value.fail() : value;
}
