import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { dumpYaml } from '../../kernel/render/yaml/dump.ts';
import { call, execModule, type Returnable } from '../../modules/define.ts';
import { unifiedDiff } from '../../modules/exec/file/diff.ts';
import { entryOf } from '../duties/beacons/entry.ts';
import type { Configured } from '../duties/beacons/settings.ts';
import { isTree } from './path.ts';
import type { Ports } from './ports.ts';

const NAME = { type: 'string', required: true, doc: 'the entry of beacons' } as const;
const DATA = { type: 'any', required: true, doc: 'its configuration: a list of maps' } as const;
const YAML = { type: 'boolean', default: true, doc: 'as YAML text' } as const;
const extra = 'accepted for compatibility: timeout';
/** What all functions that change something answer. */
const answer = (result: boolean, comment: string, more: Record<string, Returnable> = {}) => ({ comment, result, ...more });

/** The beacons of this minion (Salt's module `beacons`, with its answers). */
export default function beacons({ beacons: port, paths, options }: Ports) {
  const { settings, kinds } = port;
  /** An entry of the pillar cannot be changed here. */
  const inPillar = (name: string): boolean => Object.hasOwn(settings.pillar, name);
  const faultOf = async (name: string, data: Returnable): Promise<string | undefined> => {
    const { kind, written } = entryOf(name, data);
    const control = new AbortController();
    try {
      return await (await kinds.find(kind))?.validate(written, port.context(control.signal));
    } finally {
      control.abort();
    }
  };
  const shown = (found: Returnable, asYaml: boolean): Returnable => (asYaml ? dumpYaml(fromPlain({ beacons: found }), false) : found);
  const switchOne = (name: string, enabled: boolean): Returnable => {
    if (!Object.hasOwn(settings.all, name)) return answer(false, `Beacon ${name} is not currently configured.`);
    if (inPillar(name)) return answer(false, `Cannot ${enabled ? 'enable' : 'disable'} beacon item ${name}, it is configured in pillar.`);
    settings.enable(name, enabled);
    return answer(true, `${enabled ? 'Enabled' : 'Disabled'} beacon ${name} on minion.`);
  };

  return execModule({
    name: 'beacons',
    doc: 'What the minion watches by itself, and tells the masters in events.',
    calls: {
      list: call({
        doc: 'The configured beacons.',
        examples: ["tsalt '*' beacons.list", "tsalt '*' beacons.list return_yaml=False include_pillar=False"],
        args: {
          return_yaml: YAML,
          include_pillar: { type: 'boolean', default: true, doc: 'those of the pillar, too' },
          include_opts: { type: 'boolean', default: true, doc: "those of the minion's options, too" },
        },
        extra,
        changes: false,
        run: (_ctx, { return_yaml, include_pillar, include_opts }) =>
          shown({ ...(include_pillar ? settings.pillar : {}), ...(include_opts ? settings.own : {}) }, return_yaml),
      }),
      list_available: call({
        doc: 'The kinds of beacon there are.',
        examples: ["tsalt '*' beacons.list_available"],
        args: { return_yaml: YAML },
        extra,
        changes: false,
        run: async (_ctx, { return_yaml }) => shown(await kinds.names(), return_yaml),
      }),
      add: call({
        doc: 'Configure a beacon until the next start; beacons.save keeps it.',
        examples: [`tsalt '*' beacons.add ps "[{'processes': {'salt-master': 'stopped', 'apache2': 'stopped'}}]"`],
        args: { name: NAME, beacon_data: DATA },
        extra,
        changes: true,
        run: async (ctx, { name, beacon_data: data }) => {
          if (Object.hasOwn(settings.all, name)) return answer(true, `Beacon ${name} is already configured.`);
          const { kind } = entryOf(name, data);
          if (!(await kinds.names()).includes(kind)) return answer(false, `Beacon "${kind}" is not available.`);
          if (ctx.testing) return answer(true, `Beacon: ${name} would be added.`);
          const fault = await faultOf(name, data);
          if (fault !== undefined) return answer(false, `Beacon ${name} configuration invalid, not adding.\n${fault}`);
          settings.set(name, data);
          return answer(true, `Added beacon: ${name}.`);
        },
      }),
      modify: call({
        doc: 'Change the configuration of a beacon.',
        examples: [`tsalt '*' beacons.modify ps "[{'processes': {'salt-master': 'stopped'}}]"`],
        args: { name: NAME, beacon_data: DATA },
        extra,
        changes: true,
        run: async (ctx, { name, beacon_data: data }) => {
          const before = settings.all[name];
          if (before === undefined) return answer(true, `Beacon ${name} is not configured.`);
          if (ctx.testing) return answer(true, `Beacon: ${name} would be modified.`);
          const fault = await faultOf(name, data);
          if (fault !== undefined) return answer(false, `Beacon ${name} configuration invalid, not modifying.\n${fault}`);
          if (JSON.stringify(before) === JSON.stringify(data)) return answer(true, `Job ${name} in correct state`);
          const changes = { changes: { diff: unifiedDiff(linesOf(before), linesOf(data)) } };
          if (inPillar(name)) return answer(false, `Cannot modify beacon item ${name}, it is configured in pillar.`, changes);
          settings.set(name, data);
          return answer(true, `Modified beacon: ${name}.`, changes);
        },
      }),
      delete: call({
        doc: 'Take a beacon out of the configuration.',
        examples: ["tsalt '*' beacons.delete ps"],
        args: { name: NAME },
        extra,
        changes: true,
        run: (ctx, { name }) => {
          if (ctx.testing) return answer(true, `Beacon: ${name} would be deleted.`);
          if (inPillar(name)) return answer(false, `Cannot delete beacon item ${name}, it is configured in pillar.`);
          settings.delete(name);
          return answer(true, `Deleted beacon: ${name}.`);
        },
      }),
      save: call({
        doc: "Write the minion's own beacons into its configuration, so that the next start has them.",
        examples: ["tsalt '*' beacons.save"],
        args: {},
        extra,
        changes: true,
        run: async () => {
          const include = options()['default_include'];
          const file = join(paths.confDir, dirname(typeof include === 'string' ? include : 'minion.d/*.conf'), 'beacons.conf');
          try {
            await mkdir(dirname(file), { recursive: true });
            await writeFile(file, fileOf(settings.own));
          } catch {
            return answer(false, `Unable to write to beacons file at ${file}. Check permissions.`);
          }
          return answer(true, `Beacons saved to ${file}.`);
        },
      }),
      ...switches(settings.set.bind(settings), switchOne),
      reset: call({
        doc: "Forget all of the minion's own beacons.",
        examples: ["tsalt '*' beacons.reset"],
        args: {},
        extra,
        changes: true,
        run: (ctx) => {
          if (ctx.testing) return answer(true, 'Beacons would be reset.');
          settings.reset();
          return answer(true, 'Beacon configuration reset.');
        },
      }),
    },
  });
}

/** Enabling and disabling: all of them, or one. */
function switches(set: (name: string, value: Returnable) => void, one: (name: string, enabled: boolean) => Returnable) {
  const all = (name: 'enable' | 'disable') =>
    call({
      doc: `${name === 'enable' ? 'Let all beacons look again' : 'Let no beacon look any more'}.`,
      examples: [`tsalt '*' beacons.${name}`],
      args: {},
      extra,
      changes: true,
      run: (ctx) => {
        if (ctx.testing) return answer(true, `Beacons would be ${name}d.`);
        set('enabled', name === 'enable');
        return answer(true, `${name === 'enable' ? 'Enabled' : 'Disabled'} beacons on minion.`);
      },
    });
  const single = (name: 'enable' | 'disable') =>
    call({
      doc: `${name === 'enable' ? 'Let one beacon look again' : 'Let one beacon look no more'}.`,
      examples: [`tsalt '*' beacons.${name}_beacon ps`],
      args: { name: NAME },
      extra,
      changes: true,
      run: (ctx, args) => {
        if (args.name === '') return answer(false, 'Beacon name is required.');
        if (ctx.testing) return answer(true, name === 'enable' ? `Beacon ${args.name} would be enabled.` : 'Beacons would be disabled.');
        return one(args.name, name === 'enable');
      },
    });
  return { enable: all('enable'), disable: all('disable'), enable_beacon: single('enable'), disable_beacon: single('disable') };
}

const fileOf = (own: Configured): string => (Object.keys(own).length === 0 ? '' : dumpYaml(fromPlain({ beacons: own }), false));

/** One line for each pair, as the differences are shown. */
const linesOf = (data: Returnable): string[] =>
  (Array.isArray(data) ? data : []).flatMap((item) =>
    isTree(item) ? Object.entries(item).map(([key, value]) => `${key}:${str(fromPlain(value))}\n`) : [],
  );
