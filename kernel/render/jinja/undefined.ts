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
  override items(): Iterable<Value> {
    return this.fail();
  }
}

/** What Jinja itself, without Salt's strictness, makes of it: printed nothing, not true, empty. What is in it is still an error. */
class Blank extends Undefined {
  override isTrue(): boolean {
    return false;
  }
  override text(): string {
    return '';
  }
  override items(): Iterable<Value> {
    return [];
  }
}
export const blank = ({ why }: Undefined): Undefined => new Blank(why);

export const undefinedName = (name: string): Undefined => new Undefined(`'${name}' is undefined`);

/** What is missing in a value, in Jinja's words. */
export function undefinedIn(value: Value, key: Value): Undefined {
  const kind = value === null ? 'None' : `${typeName(value)} object`;
  return new Undefined(typeof key === 'string' ? `'${kind}' has no attribute ${repr(key)}` : `${kind} has no element ${repr(key)}`);
}

/** The value, unless it is undefined where that is an error. @throws JinjaError */
export function defined(value: Value): Value {
  return value instanceof Undefined && !(value instanceof Blank) ? value.fail() : value;
}
