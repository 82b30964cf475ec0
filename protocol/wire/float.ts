/**
 * A float whose value is integral (`1.0`): JavaScript has one number type, Salt's users see two.
 * The decoder makes one on request, `encode` writes a float64, outputters print `1.0`.
 */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  valueOf(): number {
    return this.value;
  }
  toJSON(): number {
    return this.value;
  }
  toString(): string {
    return Number.isInteger(this.value) ? `${this.value}.0` : String(this.value);
  }
}
