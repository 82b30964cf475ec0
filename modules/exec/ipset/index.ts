import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { isCovered, parseMember } from './members.ts';
import { createOptions, entryOptions, FLAGS, isSetType, NEEDED, requiredOptions } from './types.ts';

const name = { type: 'string', doc: 'the set' } as const;
const entry = { type: 'any', doc: 'the entry, as ipset takes it: `192.168.0.3,8080`' } as const;
const family = { type: 'string', default: 'ipv4', doc: 'ipv4 or ipv6; sets are found by their names alone' } as const;
const FAMILIES: Readonly<Record<string, string>> = { ipv4: 'inet', ip4: 'inet', ipv6: 'inet6', ip6: 'inet6' };

const NO_SET = 'Error: Set needs to be specified';
const NO_ENTRY = 'Error: Entry needs to be specified';

function program(ctx: Ctx): string {
  const path = ctx.host.which('ipset');
  if (path === undefined) throw new CommandFailed('ipset is not installed');
  return path;
}

/** What ipset prints, its complaints too. */
const said = async (ctx: Ctx, ...words: readonly Returnable[]): Promise<string> =>
  String(await ctx.call('cmd.run', [[program(ctx), ...words]], { python_shell: false }));

/** What ipset prints, or undefined if it fails. */
async function told(ctx: Ctx, ...words: readonly Returnable[]): Promise<string | undefined> {
  const ran = await ctx.call('cmd.run_all', [[program(ctx), ...words]], { python_shell: false });
  const { retcode, stdout } = ran as unknown as { readonly retcode: number; readonly stdout: string };
  return retcode > 0 ? undefined : stdout;
}

const fieldsOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^([^:\n]+):(.*)$/gm)].map(([, key = '', value = '']) => [key, value.slice(1)]));

/** What is known of a set, by the words ipset has for it; undefined if there is none. */
async function describe(ctx: Ctx, set: string): Promise<Readonly<Record<string, string>> | undefined> {
  const text = await told(ctx, 'list', '-t', set);
  return text === undefined ? undefined : fieldsOf(text);
}

const typeOf = async (ctx: Ctx, set: string): Promise<string | undefined> => (await describe(ctx, set))?.['Type'];

async function membersOf(ctx: Ctx, set: string): Promise<string[]> {
  const [, members] = ((await told(ctx, 'list', set)) ?? '').split('Members:\n');
  return members === undefined || members === '' ? [] : members.split('\n');
}

async function addEntry(ctx: Ctx, set: string, given: string, options: Readonly<Record<string, Returnable>>): Promise<string> {
  const info = await describe(ctx, set);
  if (info === undefined) return `Error: Set ${set} does not exist`;
  for (const [feature, needing] of NEEDED) {
    if (needing.some((option) => option in options) && !info['Header']?.includes(feature)) {
      return `Error: Set ${set} not created with ${feature} support`;
    }
  }
  const comment = 'comment' in options && !given.includes('comment') ? ['comment', String(options['comment'])] : [];
  const known = entryOptions(info['Type'] ?? '').filter((option) => option in options);
  if ((await membersOf(ctx, set)).includes(given)) return `Warn: Entry ${given} already exists in set ${set}`;
  const words = [...given.split(/\s+/), ...comment, ...known.flatMap((option) => [option, options[option] ?? ''])];
  const out = await said(ctx, 'add', '-exist', set, ...words);
  return out === '' ? 'Success' : `Error: ${out}`;
}

export default execModule({
  name: 'ipset',
  doc: 'Sets of addresses, networks and ports for rules of the packet filter, by ipset.',
  serves: (host) => host.which('ipset') !== undefined || 'The ipset execution modules cannot be loaded: ipset binary not in path.',
  calls: {
    version: call({
      doc: 'The version of the program.',
      examples: ["tsalt '*' ipset.version"],
      args: {},
      changes: false,
      run: async (ctx) => (await said(ctx, '--version')).split(/\s+/)[1] ?? '',
    }),
    new_set: call({
      doc: 'Make a set. True, or why not.',
      examples: ["tsalt '*' ipset.new_set custom_set list:set", "tsalt '*' ipset.new_set custom_set hash:ip comment=True"],
      args: {
        name,
        set_type: { type: 'string', doc: 'such as hash:ip' },
        family,
        comment: { type: 'boolean', default: false, doc: 'its entries may have comments' },
      },
      extra: 'options of the set: range, netmask, hashsize, maxelem, timeout, counters, skbinfo, size, markmask',
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const version = FAMILIES[args.family];
        if (version === undefined) throw new Error(`'${args.family}' is no family: ipv4 and ipv6 are`);
        if (!args.name) return 'Error: Set Name needs to be specified';
        if (!args.set_type) return 'Error: Set Type needs to be specified';
        if (!isSetType(args.set_type)) return 'Error: Set Type is invalid';
        const absent = requiredOptions(args.set_type).find((option) => !(option in ctx.extra));
        if (absent !== undefined) return `Error: ${absent} is a required argument`;
        const known = createOptions(args.set_type);
        const given = known.filter((option) => option in ctx.extra);
        const words = given.flatMap((option) => (FLAGS.includes(option) ? [option] : [option, ctx.extra[option] ?? '']));
        const ends = [...(known.includes('family') ? ['family', version] : []), ...(args.comment ? ['comment'] : [])];
        return (await said(ctx, 'create', args.name, args.set_type, ...words, ...ends)) || true;
      },
    }),
    delete_set: call({
      doc: 'Remove a set. True, or why not.',
      examples: ["tsalt '*' ipset.delete_set custom_set"],
      args: { name, family },
      changes: true,
      run: async (ctx, args): Promise<Returnable> => (args.name ? (await said(ctx, 'destroy', args.name)) || true : NO_SET),
    }),
    rename_set: call({
      doc: 'Give a set another name. True, or why not.',
      examples: ["tsalt '*' ipset.rename_set custom_set new_set=new_set_name"],
      args: { name, new_set: { type: 'string', doc: 'its new name' }, family },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        if (!args.name) return NO_SET;
        if (!args.new_set) return 'Error: New name for set needs to be specified';
        if ((await typeOf(ctx, args.name)) === undefined) return 'Error: Set does not exist';
        if ((await typeOf(ctx, args.new_set)) !== undefined) return 'Error: New Set already exists';
        return (await said(ctx, 'rename', args.name, args.new_set)) || true;
      },
    }),
    list_sets: call({
      doc: 'What is known of all sets, by the words ipset has for it.',
      examples: ["tsalt '*' ipset.list_sets"],
      args: { family },
      changes: false,
      async run(ctx) {
        const text = await said(ctx, 'list', '-t');
        // Salt tells of an empty set more where there is none at all.
        return text === '' ? [{}, {}] : text.split('\n\n').map(fieldsOf);
      },
    }),
    check_set: call({
      doc: 'Whether there is such a set.',
      examples: ["tsalt '*' ipset.check_set name"],
      args: { name, family },
      changes: false,
      run: async (ctx, args): Promise<Returnable> => (args.name ? (await describe(ctx, args.name)) !== undefined : NO_SET),
    }),
    add: call({
      doc: 'Put an entry into a set: `Success`, or what stands in the way.',
      examples: ["tsalt '*' ipset.add setname 192.168.1.26", "tsalt '*' ipset.add setname 192.168.0.3,AA:BB:CC:DD:EE:FF"],
      args: { name, entry, family },
      extra: 'options of the entry: timeout, packets, bytes, comment, skbmark, skbprio, skbqueue, nomatch',
      changes: true,
      run: async (ctx, args) =>
        args.name ? (args.entry ? await addEntry(ctx, args.name, String(args.entry), ctx.extra) : NO_ENTRY) : NO_SET,
    }),
    delete: call({
      doc: 'Take an entry out of a set: `Success`, or what stands in the way.',
      examples: ["tsalt '*' ipset.delete setname 192.168.0.3,AA:BB:CC:DD:EE:FF"],
      args: { name, entry, family },
      extra: "the publication's __pub_ keys",
      changes: true,
      async run(ctx, args) {
        if (!args.name) return NO_SET;
        if (!args.entry) return NO_ENTRY;
        if ((await typeOf(ctx, args.name)) === undefined) return `Error: Set ${args.name} does not exist`;
        const out = await said(ctx, 'del', args.name, args.entry);
        return out === '' ? 'Success' : `Error: ${out}`;
      },
    }),
    check: call({
      doc: 'Whether an entry, or one of several, is in a set, is within a network of it, or has an address of it within.',
      examples: ["tsalt '*' ipset.check name '192.168.0.1'"],
      args: { name, entry, family },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (!args.name) return NO_SET;
        if (!args.entry) return NO_ENTRY;
        const type = await typeOf(ctx, args.name);
        if (type === undefined) return `Error: Set ${args.name} does not exist`;
        const asked = (Array.isArray(args.entry) ? args.entry : [args.entry]).map((one) => parseMember(type, String(one)));
        const members = (await membersOf(ctx, args.name)).map((member) => parseMember(type, member));
        return members.some((member) => asked.some((one) => isCovered(member, one)));
      },
    }),
    test: call({
      doc: 'Whether ipset finds an entry in a set.',
      examples: ["tsalt '*' ipset.test setname 192.168.0.2"],
      args: { name, entry, family },
      extra: "the publication's __pub_ keys",
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (!args.name) return NO_SET;
        if (!args.entry) return NO_ENTRY;
        if ((await typeOf(ctx, args.name)) === undefined) return `Error: Set ${args.name} does not exist`;
        return (await told(ctx, 'test', args.name, args.entry)) !== undefined;
      },
    }),
    flush: call({
      doc: 'Remove all entries of a set, or of all sets.',
      examples: ["tsalt '*' ipset.flush set"],
      args: { name, family },
      changes: true,
      run: async (ctx, args) => (await said(ctx, 'flush', ...(args.name ? [args.name] : []))) === '',
    }),
  },
});
