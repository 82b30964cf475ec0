/**
 * Dates on Salt's wire: msgpack extension 78, ASCII `YYYYMMDDTHH:MM:SS.ffffff`, no zone (UTC by custom).
 */
const WIRE = /^(\d{4})(\d\d)(\d\d)T(\d\d:\d\d:\d\d)\.(\d{6})$/;

export type Timestamped = Pick<Date, 'getTime' | 'toISOString'>;

/** A date as the payload of extension 78. */
export function pythonStamp(date: Timestamped): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  return `${day.replaceAll('-', '')}T${time.replace('Z', '')}000`;
}

/**
 * The payload of extension 78 as text, in the form in which Python prints a datetime
 * (`2026-11-23 23:48:34.706075`, without the fraction when it is zero). Text, for a JavaScript `Date`
 * would lose the microseconds. Undefined when it is not of the form.
 */
export function readableStamp(payload: string): string | undefined {
  const parts = WIRE.exec(payload);
  if (parts === null) return undefined;
  const [, year, month, day, time, fraction] = parts;
  return `${year}-${month}-${day} ${time}${fraction === '000000' ? '' : `.${fraction}`}`;
}
