import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';

export const ZONE = { type: 'string', required: true, doc: 'the zone' } as const;
export const ZONE_OR_DEFAULT = { type: 'string', doc: 'the zone; the default one by default' } as const;
export const PERMANENT = {
  type: 'boolean',
  default: true,
  doc: 'in the configuration that a reload takes into force; False: in what is in force now',
} as const;

/** Runs firewall-cmd and returns what it prints. @throws CommandFailed with what it complains of */
export async function firewall(ctx: Ctx, ...words: readonly string[]): Promise<string> {
  const program = ctx.host.which('firewall-cmd');
  if (program === undefined) throw new CommandFailed('firewall-cmd is not installed');
  const ran = await ctx.call('cmd.run_all', [[program, ...words]], { python_shell: false });
  const { retcode, stdout, stderr } = ran as { readonly retcode: number; readonly stdout: string; readonly stderr: string };
  if (retcode !== 0) throw new CommandFailed(`firewall-cmd failed: ${stderr || stdout}`);
  return stdout;
}

interface In {
  readonly zone?: string | undefined;
  readonly permanent: boolean;
}
/** What is asked of a zone, or of the default one. */
export const inZone = (ctx: Ctx, { zone, permanent }: In, ...words: readonly string[]): Promise<string> =>
  firewall(ctx, ...(zone ? [`--zone=${zone}`] : []), ...words, ...permanently(permanent));
export const permanently = (permanent: boolean): string[] => (permanent ? ['--permanent'] : []);

export const namesIn = (text: string): string[] => text.split(/\s+/).filter((name) => name !== '');
export const linesIn = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** The icmp types that firewalld knows. */
export const icmpTypes = async (ctx: Ctx, permanent: boolean): Promise<string[]> =>
  namesIn(await firewall(ctx, '--get-icmptypes', ...permanently(permanent)));

type Zones = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** `--list-all`: a zone begins at the margin, what is indented is `name: value`, and further values stand behind a tab. */
export function parseZones(text: string): Zones {
  const zones: Record<string, Record<string, string[]>> = {};
  let zone: Record<string, string[]> = {};
  let values: string[] = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    if (line.startsWith('\t')) {
      values.push(line.trim());
    } else if (/^[a-z0-9]/i.test(line)) {
      zone = zones[line.trimEnd()] ??= {};
    } else {
      const colon = line.indexOf(':');
      values = [line.slice(colon + 1).trim()];
      zone[line.slice(0, colon).trim()] = values;
    }
  }
  return zones;
}

/** Whether a zone hides the addresses behind it. */
export async function masquerades(ctx: Ctx, where: In): Promise<boolean> {
  const zones = parseZones(await inZone(ctx, where, '--list-all'));
  return !Object.values(zones).some((zone) => zone['masquerade']?.[0] === 'no');
}

/** Makes a zone hide the addresses behind it, if `wanted` and it does not. */
export async function forceMasquerade(ctx: Ctx, zone: string, wanted: boolean): Promise<void> {
  const where = { zone, permanent: true };
  if (wanted && !(await masquerades(ctx, where))) await inZone(ctx, where, '--add-masquerade');
}

/** `port=80:proto=tcp:toport=443:toaddr=10.0.0.1`, a line each; an address may have colons of its own. */
export const parseForwards = (text: string): Returnable[] =>
  linesIn(text).map((line) => {
    const [, src = '', proto = '', dest = '', address = ''] = /^port=(.*?):proto=(.*?):toport=(.*?):toaddr=(.*)$/.exec(line) ?? [];
    return { 'Source port': src, Protocol: proto, 'Destination port': dest, 'Destination address': address };
  });
