import { type GrainHost, grainSource } from '../define.ts';

export const locale = grainSource({
  name: 'locale',
  doc: 'locale_info: language, encoding and time zone of the minion.',
  async collect(host) {
    const [defaultlanguage, defaultencoding] = languageOf(process.env);
    return { locale_info: { defaultlanguage, defaultencoding, detectedencoding: 'utf-8', timezone: zoneName(host, new Date()) } };
  },
});

/** Language and encoding as Python's locale module names them; the C locale counts as American English in UTF-8 there. */
export const languageOf = (environment: NodeJS.ProcessEnv): readonly [string, string] => {
  const name = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || 'C';
  const [language = '', encoding = ''] = name.replace(/@.*/, '').split('.');
  if (language === 'C' || language === 'POSIX') return ['en_US', 'UTF-8'];
  if (/^utf-?8$/i.test(encoding)) return [language, 'UTF-8'];
  return [language, encoding === '' ? 'ISO8859-1' : encoding.replace(/^iso-?8859-?/i, 'ISO8859-')];
};

/** The zone's abbreviation now: `CET`, `CEST`, `UTC`. JavaScript only knows offsets and long names. */
const zoneName = (host: GrainHost, now: Date): string => {
  const zone = process.env['TZ']?.replace(/^:/, '');
  const rule = zoneRule(host.read(zone ? `/usr/share/zoneinfo/${zone}` : '/etc/localtime') ?? '');
  return (rule === undefined ? undefined : abbreviation(rule, now)) ?? 'UTC';
};

/** The last line of a zone file is its rule for the present and future: `CET-1CEST,M3.5.0,M10.5.0/3`. */
export const zoneRule = (file: string): string | undefined => /\n([^\n]+)\n$/.exec(file)?.[1];

/** Which of a rule's two names holds, told by the offset that JavaScript finds. */
export const abbreviation = (rule: string, now: Date): string | undefined => {
  const match = /^(<[^>]+>|[A-Za-z]+)([-+]?[\d:]+)(<[^>]+>|[A-Za-z]+)?/.exec(rule);
  if (!match) return undefined;
  const [, standard = '', offset = '', summer] = match;
  const name = summer !== undefined && now.getTimezoneOffset() !== minutes(offset) ? summer : standard;
  return name.replace(/[<>]/g, '');
};

const minutes = (offset: string): number => {
  const [hours = 0, rest = 0] = offset.replace(/^[-+]/, '').split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + rest);
};
