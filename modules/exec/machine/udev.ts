import { CallRefused, CommandFailed, type Ctx, call, execModule, float, type Returnable } from '../../define.ts';
import { execute } from './commands.ts';

/** A device by the letters of udevadm: `E` its properties, `P` its path, `N` its name, `S` its links. */
type Device = Record<string, Returnable>;

async function udevadm(ctx: Ctx, ...argv: readonly string[]): Promise<Device[]> {
  const { retcode, stdout, stderr } = await execute(ctx, ['udevadm', 'info', ...argv], { output_loglevel: 'quiet' });
  if (retcode !== 0) throw new CommandFailed(stderr);
  return stdout
    .split(/\n\s*\n/)
    .map(parseDevice)
    .filter((device) => Object.keys(device).length > 0);
}

function parseDevice(block: string): Device {
  const properties: Record<string, Returnable> = {};
  const others: Record<string, string[]> = {};
  for (const line of block.split('\n')) {
    const [, letter = '', data = ''] = /^\s*([^:]*):(.*)$/.exec(line) ?? [];
    if (letter === '') continue;
    if (letter !== 'E') others[letter] = [...(others[letter] ?? []), data.trim()];
    else {
      const [, key = '', value = ''] = /^\s*([^=]*)=(.*?)\s*$/.exec(data) ?? [];
      properties[key] = readValue(value);
    }
  }
  const single = Object.entries(others).map(([letter, values]) => [letter, values.length === 1 ? (values[0] ?? '') : values]);
  return { ...Object.fromEntries(single), ...(Object.keys(properties).length > 0 ? { E: properties } : {}) };
}

/** Numbers as Python reads them. */
function readValue(text: string): Returnable {
  if (/^[+-]?\d+(_\d+)*$/.test(text)) {
    const number = BigInt(text.replace(/[+_]/g, ''));
    return Number.isSafeInteger(Number(number)) ? Number(number) : number;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? float(Number(text)) : text;
}

async function infoOf(ctx: Ctx, dev: string): Promise<Device> {
  const by = dev.includes('sys') ? 'path' : 'name';
  const [device] = await udevadm(ctx, '--export', '--query=all', `--${by}=${dev}`);
  if (device === undefined) throw new CommandFailed(`udevadm told nothing of ${dev}`);
  return device;
}

const dev = { type: 'string', required: true, doc: 'its file, or its path below /sys' } as const;
const part = (name: string, letter: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' udev.${name} /dev/sda`],
    args: { dev },
    changes: false,
    run: async (ctx, args) => (await infoOf(ctx, args.dev))[letter] ?? null,
  });

export default execModule({
  name: 'udev',
  doc: 'What udev knows of devices.',
  serves: (host) => host.which('udevadm') !== undefined || 'udevadm is not here',
  calls: {
    info: call({
      doc: 'All of a device, by the letters of udevadm.',
      examples: ["tsalt '*' udev.info /dev/sda", "tsalt '*' udev.info /sys/class/net/eth0"],
      args: { dev },
      changes: false,
      run: (ctx, args) => infoOf(ctx, args.dev),
    }),
    env: part('env', 'E', 'The properties of a device.'),
    name: part('name', 'N', 'The name of a device.'),
    path: part('path', 'P', 'The path of a device.'),
    links: part('links', 'S', 'The links to a device.'),
    exportdb: call({
      doc: 'All devices, or those of some subsystems.',
      examples: ["tsalt '*' udev.exportdb", `tsalt '*' udev.exportdb subsystems='["block"]'`],
      args: { subsystems: { type: 'any', doc: 'a list of subsystems' } },
      changes: false,
      async run(ctx, { subsystems }) {
        if (subsystems !== undefined && subsystems !== null && !Array.isArray(subsystems))
          throw new CallRefused('subsystems must be a list');
        const devices = await udevadm(ctx, '--export-db');
        const isMeant = ({ E }: Device): boolean =>
          (subsystems as readonly Returnable[]).includes((E as Device | undefined)?.['SUBSYSTEM'] ?? null);
        return subsystems ? devices.filter(isMeant) : devices;
      },
    }),
  },
});
