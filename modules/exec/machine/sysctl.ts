import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { execute, output, program, wordOf } from './commands.ts';
import { isFile, linesOf, readIfThere, replaceFile } from './files.ts';

const name = { type: 'string', required: true, doc: 'the parameter' } as const;
const value = { type: 'any', required: true, doc: 'its value' } as const;

/** Where systemd-sysctl looks, from the version on that does not read sysctl.conf. */
function defaultConfig(ctx: Ctx): string {
  const version = Number((ctx.grains['systemd'] as Record<string, Returnable> | undefined)?.['version'] ?? 0);
  return existsSync('/run/systemd/system') && version >= 207 ? '/etc/sysctl.d/99-salt.conf' : '/etc/sysctl.conf';
}

const get = (ctx: Ctx, parameter: string): Promise<string> => output(ctx, [program(ctx, 'sysctl'), '-n', parameter]);

async function assign(ctx: Ctx, parameter: string, given: Returnable): Promise<Record<string, string>> {
  const wanted = wordOf(given);
  // Dots and slashes stand for each other, so that an interface `eth0.1` can be named.
  const path = parameter.replace(/[./]/g, (sign) => (sign === '.' ? '/' : '.'));
  if (!existsSync(`/proc/sys/${path}`)) throw new CommandFailed(`sysctl ${parameter} does not exist`);
  const { retcode, stdout, stderr } = await execute(ctx, [program(ctx, 'sysctl'), '-w', `${parameter}=${wanted}`]);
  const [, told] = new RegExp(`^${literal(parameter)}\\s+=\\s+(${literal(wanted)})$`).exec(stdout) ?? [];
  if (told === undefined || stderr.includes('Invalid argument'))
    throw new CommandFailed(`sysctl -w failed: ${retcode !== 0 && stderr !== '' ? stderr : stdout}`);
  return { [parameter]: told };
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** The kernel puts tabs between numbers. */
const spaced = (text: string): string => text.replace(/\s+/g, '\t');

/** The parameters that a file sets, or undefined if there is none. */
async function parametersOf(path: string): Promise<Record<string, string> | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const pairs = text.split('\n').map((line) => pairOf(line.trim()));
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

const pairOf = (line: string): [string, string] | undefined => {
  const at = line.indexOf('=');
  return at < 0 || line.startsWith('#') ? undefined : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
};

const HEAD = '#\n# Kernel sysctl configuration\n#\n';

/** Writes the parameter into the file; false if it is there with that value. */
async function keep(config: string, parameter: string, wanted: string): Promise<boolean> {
  if (!(await isFile(config))) await mkdir(dirname(config), { recursive: true });
  const lines = linesOf((await readIfThere(config)) ?? HEAD);
  let isSet = false;
  const made = [];
  for (const line of lines) {
    const [key, old] = pairOf(line.trim()) ?? [];
    if (key !== parameter || old === undefined) made.push(line);
    else if (spaced(old) === spaced(wanted)) return false;
    else {
      made.push(`${parameter} = ${wanted}\n`);
      isSet = true;
    }
  }
  if (!isSet) made.push(`${made.at(-1)?.endsWith('\n') === false ? '\n' : ''}${parameter} = ${wanted}\n`);
  try {
    await replaceFile(config, made.join(''));
  } catch {
    throw new CommandFailed(`Could not write to file: ${config}`);
  }
  return true;
}

export default execModule({
  name: 'sysctl',
  doc: 'Parameters of the kernel.',
  calls: {
    default_config: call({
      doc: 'The file that sysctl.persist writes when none is named.',
      examples: ["tsalt '*' sysctl.default_config"],
      args: {},
      changes: false,
      run: (ctx) => defaultConfig(ctx),
    }),
    show: call({
      doc: 'All parameters, or those that a file sets.',
      examples: ["tsalt '*' sysctl.show", "tsalt '*' sysctl.show config_file=/etc/sysctl.conf"],
      args: { config_file: { type: 'any', default: false, doc: 'a file to read instead of the kernel' } },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (args.config_file) return (await parametersOf(wordOf(args.config_file))) ?? [];
        const listed = String(await ctx.call('cmd.run_stdout', [[program(ctx, 'sysctl'), '-a']], { output_loglevel: 'trace' }));
        const pairs = listed.split('\n').map((line) => /^(.*?) = (.*)$/.exec(line)?.slice(1) as [string, string] | undefined);
        return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
      },
    }),
    get: call({
      doc: 'The value of a parameter.',
      examples: ["tsalt '*' sysctl.get net.ipv4.ip_forward"],
      args: { name },
      changes: false,
      run: (ctx, args) => get(ctx, args.name),
    }),
    assign: call({
      doc: 'Set a parameter until the next start of the machine.',
      examples: ["tsalt '*' sysctl.assign net.ipv4.ip_forward 1"],
      args: { name, value },
      changes: true,
      run: (ctx, args) => assign(ctx, args.name, args.value),
    }),
    persist: call({
      doc: 'Set a parameter now and at each start: `Updated`, or `Already set`.',
      examples: ["tsalt '*' sysctl.persist net.ipv4.ip_forward 1"],
      args: { name, value, config: { type: 'string', doc: 'the file; that of sysctl.default_config without' } },
      changes: true,
      async run(ctx, args) {
        const wanted = wordOf(args.value);
        const isWritten = await keep(args.config ?? defaultConfig(ctx), args.name, wanted);
        if (!isWritten && spaced(await get(ctx, args.name)) === spaced(wanted)) return 'Already set';
        await assign(ctx, args.name, wanted);
        return 'Updated';
      },
    }),
  },
});
