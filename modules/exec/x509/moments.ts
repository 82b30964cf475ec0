import { CallRefused } from '../../define.ts';

/** `2031-05-06 07:08:09` in UTC, as Salt writes times. Throws CallRefused for anything else. */
export function momentOf(text: string): Date {
  const moment = /^\d{4}-\d\d?-\d\d? \d\d?:\d\d?:\d\d?$/.test(text) ? new Date(`${text.replace(' ', 'T')}Z`) : undefined;
  if (moment === undefined || Number.isNaN(moment.getTime())) {
    throw new CallRefused(`time data '${text}' does not match format '%Y-%m-%d %H:%M:%S'`);
  }
  return moment;
}

export const momentText = (moment: Date): string => moment.toISOString().slice(0, 19).replace('T', ' ');
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * 86_400_000);
