import { existsSync } from 'node:fs';
import { readFile, readlink, rm, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, execModule } from '../../define.ts';
import { execute, output } from './commands.ts';
import { readIfThere, replaceFile } from './files.ts';

const LOCALTIME = '/etc/localtime';
const ZONES = '/usr/share/zoneinfo';
const zoneFile = (timezone: string): string => `${ZONES}/${timezone}`;

/** What timedatectl says, where it is installed. Throws CommandFailed when systemd does not answer it. */
async function timedatectl(ctx: Ctx): Promise<string | undefined> {
  if (ctx.host.which('timedatectl') === undefined) return undefined;
  const { retcode, stdout, stderr } = await execute(ctx, ['timedatectl']);
  if (retcode !== 0) throw new CommandFailed(`timedatectl failed: ${stderr}`);
  return stdout;
}

const notUnderstood = (told: string): CommandFailed =>
  new CommandFailed(`Failed to parse timedatectl output: ${told}: it has no line of that kind`);

async function zoneOf(ctx: Ctx): Promise<string> {
  const told = await timedatectl(ctx);
  if (told !== undefined) {
    const [, zone] = /^\s*Time ?zone:\s+(\S+)/m.exec(told) ?? [];
    if (zone === undefined) throw notUnderstood(told);
    return zone;
  }
  switch (ctx.host.osFamily) {
    case 'Debian':
    case 'Gentoo':
      return (await readOrFail('/etc/timezone')).trim();
    case 'RedHat':
    case 'Suse':
      return fromSysconfig(await readOrFail('/etc/sysconfig/clock'));
    default:
      return fromLink();
  }
}

async function readOrFail(path: string): Promise<string> {
  const text = await readIfThere(path);
  if (text === undefined) throw new CommandFailed(`Problem reading timezone file ${path}: No such file or directory`);
  return text;
}

const fromSysconfig = (text: string): string => {
  const line = text.split('\n').find((candidate) => /^\s*[^#\s].*ZONE.*=/.test(candidate) || /^ZONE.*=/.test(candidate));
  if (line === undefined) throw new CommandFailed('Unable to get timezone from /etc/sysconfig/clock');
  return line.slice(line.lastIndexOf('=') + 1).replace(/^['"]+|['"]+$/g, '') || 'UTC';
};

/** Where nothing else tells the zone (Alpine), the name is in what /etc/localtime points to. */
async function fromLink(): Promise<string> {
  const target = await readlink(LOCALTIME).catch(() => undefined);
  const place = target === undefined ? '' : posix.resolve('/etc', target);
  if (!place.startsWith(`${ZONES}/`)) throw new CommandFailed('Unable to get timezone');
  return place.slice(ZONES.length + 1);
}

async function setZone(ctx: Ctx, timezone: string): Promise<true | string> {
  const place = zoneFile(timezone);
  if (ctx.host.which('timedatectl') !== undefined) await output(ctx, ['timedatectl', 'set-timezone', timezone]);
  if (timezone.split('/').includes('..') || !existsSync(place)) return `Zone does not exist: ${place}`;
  await rm(LOCALTIME, { force: true });
  await symlink(place, LOCALTIME);
  if (ctx.host.osFamily === 'RedHat') await ctx.call('file.sed', ['/etc/sysconfig/clock', '^ZONE=.*', `ZONE="${timezone}"`]);
  else if (ctx.host.osFamily === 'Suse') await ctx.call('file.sed', ['/etc/sysconfig/clock', '^TIMEZONE=.*', `TIMEZONE="${timezone}"`]);
  else if (['Debian', 'Gentoo'].includes(ctx.host.osFamily)) await replaceFile('/etc/timezone', `${timezone.trim()}\n`);
  return true;
}

/** Whether /etc/localtime says the same as the zone's file. */
async function isLocaltime(timezone: string): Promise<boolean> {
  const wanted = await readFile(zoneFile(timezone)).catch(() => undefined);
  const now = await readFile(LOCALTIME).catch(() => undefined);
  if (now === undefined) throw new CommandFailed(`Failed to read ${LOCALTIME} to determine current timezone: No such file or directory`);
  if (wanted === undefined) throw new CallRefused(`Can't find a local timezone "${timezone}"`);
  return now.equals(wanted);
}

async function hwclockOf(ctx: Ctx): Promise<string | null> {
  const told = await timedatectl(ctx);
  if (told !== undefined) {
    const line = told.split('\n').find((candidate) => candidate.toLowerCase().includes('rtc in local tz'));
    if (line === undefined) throw notUnderstood(told);
    return line
      .slice(line.lastIndexOf(':') + 1)
      .trim()
      .toLowerCase() === 'yes'
      ? 'localtime'
      : 'UTC';
  }
  if (ctx.host.osFamily === 'Debian') {
    const set = (await readIfThere('/etc/default/rcS'))?.split('\n').find((line) => !/^\s*#/.test(line) && line.includes('UTC='));
    if (set !== undefined) return set.slice(set.lastIndexOf('=') + 1).toLowerCase() === 'yes' ? 'UTC' : 'localtime';
  }
  return fromAdjtime();
}

/** The third line of adjtime(5). */
async function fromAdjtime(): Promise<string | null> {
  const text = await readIfThere('/etc/adjtime');
  if (text !== undefined) return text.trimEnd().split('\n').at(-1) ?? '';
  if (existsSync('/dev/rtc')) throw new CommandFailed('Unable to get hwclock timezone from /etc/adjtime');
  return null;
}

async function setHwclock(ctx: Ctx, clock: string): Promise<boolean> {
  if (ctx.host.which('timedatectl') !== undefined)
    return (await execute(ctx, ['timedatectl', 'set-local-rtc', clock === 'localtime' ? 'true' : 'false'])).retcode === 0;
  const place = zoneFile(await zoneOf(ctx));
  if (!existsSync(place)) throw new CommandFailed(`Zone '${place}' does not exist`);
  await rm(LOCALTIME, { force: true });
  await symlink(place, LOCALTIME);
  if (ctx.host.osFamily === 'Debian' && (clock === 'UTC' || clock === 'localtime'))
    await ctx.call('file.sed', ['/etc/default/rcS', '^UTC=.*', `UTC=${clock === 'UTC' ? 'yes' : 'no'}`]);
  return true;
}

const timezone = { type: 'string', required: true, doc: 'the zone: `America/Denver`' } as const;

export default execModule({
  name: 'timezone',
  doc: 'The time zone of the machine, and that of its hardware clock.',
  calls: {
    get_zone: call({
      doc: 'The zone: `Etc/UTC`.',
      examples: ["tsalt '*' timezone.get_zone"],
      args: {},
      changes: false,
      run: (ctx) => zoneOf(ctx),
    }),
    get_zonecode: call({
      doc: 'The letters of the zone now: `CET`.',
      examples: ["tsalt '*' timezone.get_zonecode"],
      args: {},
      changes: false,
      run: (ctx) => output(ctx, ['date', '+%Z']),
    }),
    get_offset: call({
      doc: 'The offset from UTC now: `+0100`.',
      examples: ["tsalt '*' timezone.get_offset"],
      args: {},
      changes: false,
      run: (ctx) => output(ctx, ['date', '+%z']),
    }),
    set_zone: call({
      doc: 'Set the zone: True, or why not.',
      examples: ["tsalt '*' timezone.set_zone 'America/Denver'"],
      args: { timezone },
      changes: true,
      run: (ctx, args) => setZone(ctx, args.timezone),
    }),
    zone_compare: call({
      doc: 'Whether a zone is that of the machine.',
      examples: ["tsalt '*' timezone.zone_compare 'America/Denver'"],
      args: { timezone },
      changes: false,
      async run(ctx, args) {
        try {
          return args.timezone === (await zoneOf(ctx));
        } catch (failure) {
          if (!(failure instanceof CommandFailed)) throw failure;
          return isLocaltime(args.timezone);
        }
      },
    }),
    get_hwclock: call({
      doc: 'The zone of the hardware clock: `UTC` or `localtime`.',
      examples: ["tsalt '*' timezone.get_hwclock"],
      args: {},
      changes: false,
      run: (ctx) => hwclockOf(ctx),
    }),
    set_hwclock: call({
      doc: 'Set the zone of the hardware clock.',
      examples: ["tsalt '*' timezone.set_hwclock UTC"],
      args: { clock: { type: 'string', required: true, doc: '`UTC` or `localtime`' } },
      changes: true,
      run: (ctx, args) => setHwclock(ctx, args.clock),
    }),
  },
});
