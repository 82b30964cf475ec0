import { arch, machine, release, type, version } from 'node:os';
import type { Ctx } from '../../define.ts';

type Versions = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** The sections of Salt's report, with this runtime where Salt names Python's. */
export const versions = (ctx: Ctx): Versions => {
  const { node, v8, uv, openssl, zlib } = process.versions;
  const grain = (name: string) => text(ctx.grains[name]);
  const dist = [ctx.host.os.toLowerCase(), grain('osrelease'), grain('oscodename')].filter((part) => part !== null).join(' ');
  return {
    'Salt Version': { Salt: grain('saltversion') },
    'Node Version': { Node: node },
    'Dependency Versions': { openssl: openssl ?? null, uv: uv ?? null, v8: v8 ?? null, zlib: zlib ?? null },
    'System Versions': {
      system: type(),
      dist,
      release: release(),
      machine: machine() || arch(),
      version: grain('osfullname') ?? version(),
      locale: 'utf-8',
    },
  };
};

/** The same as a text: a headline a section, names right-aligned to the longest. */
export const versionsReport = (ctx: Ctx): string => {
  const sections = versions(ctx);
  const width = Math.max(...Object.values(sections).flatMap((section) => Object.keys(section).map((name) => name.length)));
  const lines = Object.entries(sections).flatMap(([title, section]) => [
    `${title}:`,
    ...Object.entries(section).map(([name, value]) => `${name.padStart(width)}: ${value ?? 'Not Installed'}`),
    ' ',
  ]);
  return lines.join('\n');
};
