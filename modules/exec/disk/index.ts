import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { deviceCalls } from './devices.ts';

type Row = Record<string, Returnable>;
const flags = { type: 'string', doc: 'options for df, letters only: `h`' } as const;

/** Runs df and returns the words of its rows; names of file systems may hold blanks. */
const df = async (ctx: Ctx, options: readonly string[], given: string | undefined, what: string): Promise<string[][]> => {
  const letters = (given ?? '').replaceAll('-', '').trim();
  if (!/^[aHhklmTx]*$/.test(letters)) throw new CommandFailed(`Invalid flag passed to ${what}`);
  const { stdout } = await ctx.spawn(['df', ...options, ...(letters === '' ? [] : [`-${letters}`])], {
    env: { LC_ALL: 'C.UTF-8', LANGUAGE: 'C' },
  });
  return parseDf(stdout.toString('utf8'));
};

/** Rows as file system, size, used, available, percent, mount point. */
export const parseDf = (output: string): string[][] =>
  output
    .split('\n')
    .slice(1)
    .map((line) => /^(.+?)\s+(\d\S*|-)\s+(\S+)\s+(\S+)\s+(\d+%|-)\s+(.*)$/.exec(line)?.slice(1) ?? [])
    .filter((row) => row.length === 6);

/** `/dev/sda1: UUID="..." TYPE="ext4"` by device. */
export const parseBlkid = (output: string): Record<string, Record<string, string>> => {
  const devices: Record<string, Record<string, string>> = {};
  for (const line of output.split('\n')) {
    const [, device, rest = ''] = /^(.*?):\s+(.*)$/.exec(line) ?? [];
    if (device !== undefined)
      devices[device] = Object.fromEntries([...rest.matchAll(/(\S+?)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  }
  return devices;
};

const usage = async (ctx: Ctx, given: string | undefined): Promise<Row> => {
  const rows = await df(ctx, ['-P'], given, 'disk.usage');
  return Object.fromEntries(
    rows.map(([filesystem = '', blocks = '', used = '', available = '', capacity = '', path = '']) => [
      path,
      { filesystem, '1K-blocks': blocks, used, available, capacity },
    ]),
  );
};

export default execModule({
  name: 'disk',
  doc: 'File systems: how full they are, and what they are on.',
  calls: {
    ...deviceCalls,
    usage: call({
      doc: 'Size, use and free space by mount point, in blocks of 1024 bytes.',
      examples: ["tsalt '*' disk.usage"],
      args: { args: flags },
      changes: false,
      run: (ctx, { args }) => usage(ctx, args),
    }),
    inodeusage: call({
      doc: 'Inodes in all, used and free, by mount point.',
      examples: ["tsalt '*' disk.inodeusage"],
      args: { args: flags },
      changes: false,
      async run(ctx, { args }): Promise<Returnable> {
        const rows = await df(ctx, ['-iP'], args, 'disk.inodeusage');
        return Object.fromEntries(
          rows.map(([filesystem = '', inodes = '', used = '', free = '', use = '', path = '']) => [
            path,
            { inodes, used, free, use, filesystem },
          ]),
        );
      },
    }),
    percent: call({
      doc: 'How full file systems are: of one mount point, or of all.',
      examples: ["tsalt '*' disk.percent", "tsalt '*' disk.percent /var"],
      args: { args: { type: 'string', doc: 'a mount point' } },
      changes: false,
      async run(ctx, { args }): Promise<Returnable> {
        const rows = await df(ctx, ['-P'], undefined, 'disk.percent');
        const percents: Row = Object.fromEntries(rows.map((row) => [row[5] ?? '', row[4] ?? '']));
        if (!args) return percents;
        if (Object.hasOwn(percents, args)) return percents[args] ?? null;
        ctx.log.error(`Problem parsing disk usage information: Partition '${args}' does not exist!`);
        return {};
      },
    }),
    blkid: call({
      doc: 'Attributes of block devices.',
      examples: ["tsalt '*' disk.blkid", "tsalt '*' disk.blkid /dev/sda"],
      args: { device: { type: 'string', doc: 'only this device' }, token: { type: 'string', doc: 'only devices with this: `TYPE=ext4`' } },
      changes: false,
      async run(ctx, { device, token }): Promise<Returnable> {
        if (device?.startsWith('-')) throw new CommandFailed(`disk.blkid: '${device}' is not a device`);
        const { code, stdout } = await ctx.spawn(['blkid', ...(device ? [device] : token ? ['-t', token] : [])]);
        return code === 0 ? parseBlkid(stdout.toString('utf8')) : {};
      },
    }),
    fstype: call({
      doc: 'The type of the file system on a device; empty if there is none.',
      examples: ["tsalt '*' disk.fstype /dev/sdX1"],
      args: { device: { type: 'string', required: true, doc: 'the device' } },
      changes: false,
      async run(ctx, { device }) {
        if (device.startsWith('-')) throw new CommandFailed(`disk.fstype: '${device}' is not a device`);
        if (ctx.host.which('lsblk') !== undefined) {
          const [, type = ''] = (await ctx.spawn(['lsblk', '-o', 'fstype', device])).stdout.toString('utf8').split('\n');
          if (type.trim() !== '') return type.trim();
        }
        const { code, stdout, stderr } = await ctx.spawn(['df', '-T', device]);
        if (code !== 0) {
          ctx.retcode(code);
          ctx.log.error(`Command 'df' failed with return code: ${code}\n${stderr}`.trimEnd());
        }
        const [, row = ''] = stdout.toString('utf8').split('\n');
        return row.trim().split(/\s+/)[1] ?? '';
      },
    }),
  },
});
