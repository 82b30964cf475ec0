import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { execute, output } from './commands.ts';

/** The parts of `language[_territory][.codeset][@modifier] [charmap]`, each empty where it is not told. */
interface Parts {
  readonly language: string;
  readonly territory: string;
  readonly codeset: string;
  readonly modifier: string;
  readonly charmap: string;
}

const cut = (text: string, sign: string): [string, string] => {
  const at = text.indexOf(sign);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

function split(locale: string): Parts {
  const [name, charmap] = cut(locale, ' ');
  const [withCodeset, modifier] = cut(name, '@');
  const [place, codeset] = cut(withCodeset, '.');
  const [language, territory] = cut(place, '_');
  return { language, territory, codeset, modifier, charmap };
}

const join = ({ language, territory, codeset, modifier, charmap }: Parts): string =>
  [language, territory && `_${territory}`, codeset && `.${codeset}`, modifier && `@${modifier}`, charmap && ` ${charmap}`].join('');

/** As `locale -a` spells it: `en_US.utf8`. */
const normal = (locale: string): string => {
  const parts = split(locale);
  return join({
    ...parts,
    territory: parts.territory.toUpperCase(),
    codeset: parts.codeset.toLowerCase().replaceAll('-', ''),
    charmap: '',
  });
};

const listed = async (ctx: Ctx): Promise<string[]> => (await output(ctx, ['locale', '-a'])).split('\n');
const isBooted = (): boolean => existsSync('/run/systemd/system');

/** The variables that systemd-localed knows: `System Locale: LANG=en_US.UTF-8` and the lines below it. */
async function systemLocale(ctx: Ctx): Promise<Map<string, string>> {
  if (ctx.host.which('localectl') === undefined) throw new CommandFailed('Unable to find "localectl"');
  const told = await output(ctx, ['localectl', 'status']);
  if (told.includes('Failed to connect to bus')) throw new CommandFailed('Command "localectl" is in a degraded state.');
  const [, block] = /^\s*System Locale:((?:.*=.*\n?)*)/m.exec(told) ?? [];
  if (block === undefined) throw new CommandFailed('Unable to parse result of "localectl"');
  return new Map([...block.matchAll(/([A-Z_]+)=(\S*)/g)].map(([, key = '', value = '']) => [key, value.replaceAll('"', '')]));
}

/** Where a family keeps the variable when systemd does not. */
const FILES: Readonly<Record<string, { readonly path: string; readonly key: string }>> = {
  Debian: { path: '/etc/default/locale', key: 'LANG' },
  RedHat: { path: '/etc/sysconfig/i18n', key: 'LANG' },
  Suse: { path: '/etc/sysconfig/language', key: 'RC_LANG' },
};

async function get(ctx: Ctx): Promise<string> {
  if (isBooted()) return (await systemLocale(ctx)).get('LANG') ?? '';
  const file = FILES[ctx.host.osFamily];
  if (file === undefined) throw new CommandFailed(`Error: "${ctx.host.osFamily}" is unsupported!`);
  const line = await output(ctx, ['grep', `^${file.key}=`, file.path]);
  return (line.split('=')[1] ?? '').replaceAll('"', '');
}

async function set(ctx: Ctx, locale: string): Promise<true> {
  // From Debian 13 on, localed does not set locales that it could have to generate.
  const isLocaled = isBooted() && !(ctx.host.osFamily === 'Debian' && Number(ctx.grains['osmajorrelease']) >= 13);
  if (isLocaled) {
    const variables = (await systemLocale(ctx)).set('LANG', locale);
    const words = [...variables].map(([key, value]) => `${key}=${value}`);
    if ((await execute(ctx, ['localectl', 'set-locale', ...words])).retcode !== 0)
      await replaceLine(ctx, '/etc/locale.conf', 'LANG', locale);
    return true;
  }
  const file = FILES[ctx.host.osFamily];
  if (file === undefined) throw new CommandFailed('Error: Unsupported platform!');
  if (ctx.host.osFamily === 'Debian') {
    const tool = ctx.host.which('update-locale');
    if (tool === undefined) throw new CommandFailed('Cannot set locale: "update-locale" was not found.');
    await output(ctx, [tool]);
  }
  await replaceLine(ctx, file.path, file.key, `"${locale}"`);
  return true;
}

async function replaceLine(ctx: Ctx, path: string, key: string, value: string): Promise<void> {
  if (!existsSync(path)) await ctx.call('file.touch', [path]);
  await ctx.call('file.replace', [path, `^${key}=.*`, `${key}=${value}`], { append_if_not_found: true });
}

const SUPPORTED = '/usr/share/i18n/SUPPORTED';
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether the system has the sources of a locale. */
async function hasSources(ctx: Ctx, locale: string, place: string): Promise<boolean> {
  if (ctx.host.os === 'Debian' || ctx.host.osFamily === 'Gentoo')
    return (await ctx.call('file.search', [SUPPORTED, `^${literal(locale)}$`], { flags: ['MULTILINE'] })) === true;
  const folder = ctx.host.osFamily === 'Suse' ? '/usr/share/locale' : '/usr/share/i18n/locales';
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) throw new CommandFailed(`Locale "${locale}" is not available.`);
  return names.includes(place);
}

async function generate(ctx: Ctx, asked: string, verbose: boolean): Promise<Returnable> {
  const parts = split(asked);
  const place = `${parts.language}_${parts.territory}`;
  const locale = parts.charmap === '' && ctx.host.os !== 'Ubuntu' ? join({ ...parts, charmap: parts.codeset }) : asked;
  if (!(await hasSources(ctx, locale, place))) {
    ctx.log.error(`locale.gen_locale: the system has no sources of the locale "${locale}"`);
    return false;
  }
  if (existsSync('/etc/locale.gen')) {
    const commented = `^\\s*#\\s*${literal(locale)}\\s*$`;
    await ctx.call('file.replace', ['/etc/locale.gen', commented, `${locale}\n`], { append_if_not_found: true });
  }
  const ended = await execute(ctx, generator(ctx, locale, place, parts.codeset, verbose));
  if (ended.retcode !== 0) ctx.log.error(ended.stderr);
  return verbose ? { ...ended } : ended.retcode === 0;
}

function generator(ctx: Ctx, locale: string, place: string, codeset: string, verbose: boolean): string[] {
  if (ctx.host.which('locale-gen') !== undefined) return ['locale-gen', ctx.host.os === 'Ubuntu' ? normal(locale) : locale];
  if (ctx.host.which('localedef') === undefined)
    throw new CommandFailed('Command "locale-gen" or "localedef" was not found on this system.');
  return ['localedef', '--force', '-i', place, '-f', codeset, `${place}.${codeset}`, verbose ? '--verbose' : '--quiet'];
}

const locale = { type: 'string', required: true, doc: 'the locale: `en_US.UTF-8`' } as const;

export default execModule({
  name: 'locale',
  doc: 'The locale of the machine.',
  calls: {
    list_avail: call({
      doc: 'The locales that programs may use.',
      examples: ["tsalt '*' locale.list_avail"],
      args: {},
      changes: false,
      run: (ctx) => listed(ctx),
    }),
    get_locale: call({
      doc: 'The locale of the machine; empty if none is set.',
      examples: ["tsalt '*' locale.get_locale"],
      args: {},
      changes: false,
      run: (ctx) => get(ctx),
    }),
    set_locale: call({
      doc: 'Set the locale of the machine.',
      examples: ["tsalt '*' locale.set_locale 'en_US.UTF-8'"],
      args: { locale },
      changes: true,
      run: (ctx, args) => set(ctx, args.locale),
    }),
    avail: call({
      doc: 'Whether programs may use a locale.',
      examples: ["tsalt '*' locale.avail 'en_US.UTF-8'"],
      args: { locale },
      changes: false,
      run: async (ctx, args) => (await listed(ctx)).some((known) => normal(known.trim()) === normal(args.locale)),
    }),
    gen_locale: call({
      doc: 'Generate a locale; False if its sources are not here.',
      examples: ["tsalt '*' locale.gen_locale en_US.UTF-8", "tsalt '*' locale.gen_locale 'en_IE.UTF-8 UTF-8'"],
      args: { locale },
      extra: 'verbose: return the result of cmd.run_all',
      changes: true,
      run: (ctx, args) => generate(ctx, args.locale, Boolean(ctx.extra['verbose'])),
    }),
  },
});
