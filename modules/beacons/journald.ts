import { type BeaconEvents, beacon, type Returnable } from '../define.ts';
import { checked, isMap, optionsOf } from './config.ts';

/** Entries taken at one look; the rest comes at the next. */
const MOST_ENTRIES = 1000;

export default beacon({
  name: 'journald',
  doc: 'Tell the entries of the systemd journal whose fields are as given; asked of journalctl.',
  example: 'journald:\n  - services:\n      sshd:\n        SYSLOG_IDENTIFIER: sshd\n        PRIORITY: 6',
  serves: (host) => host.which('journalctl') !== undefined || 'there is no journalctl',
  validate: checked('journald', (options) => {
    const services = options['services'];
    for (const wanted of Object.values(isMap(services) ? services : {}))
      if (!isMap(wanted)) return 'Services configuration for journald beacon must be a list of dictionaries.';
    return undefined;
  }),
  open: (config, ctx) => {
    const services = optionsOf(config)['services'];
    const wanted = Object.entries(isMap(services) ? services : {}).filter((entry) => isMap(entry[1]));
    const read = async (argv: readonly string[]): Promise<Entry[]> => {
      const { stdout } = await ctx.spawn(['journalctl', '--quiet', '--no-pager', '--output=json', ...argv], { timeout: 30 });
      return stdout
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Entry);
    };
    let cursor: string | undefined;
    return {
      collect: async () => {
        const entries = await read(cursor === undefined ? ['--lines=1'] : [`--after-cursor=${cursor}`, `--lines=+${MOST_ENTRIES}`]);
        const first = cursor === undefined;
        cursor = entries.at(-1)?.__CURSOR ?? cursor;
        return first ? [] : entries.flatMap((entry) => matching(entry, wanted));
      },
    };
  },
});

interface Entry {
  readonly __CURSOR?: string;
  readonly [field: string]: string | undefined;
}

const matching = (entry: Entry, wanted: readonly (readonly [string, Returnable])[]): BeaconEvents =>
  wanted
    .filter(([, fields]) => isMap(fields) && Object.entries(fields).every(([field, value]) => entry[field] === String(value)))
    .map(([name]) => ({ ...Object.fromEntries(Object.entries(entry).map(([field, value]) => [field, value ?? null])), tag: name }));
