import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { ruleText } from './rule.ts';
import { parseSaved, policyIn, rulesIn } from './saved.ts';

const table = { type: 'string', default: 'filter', doc: 'the table' } as const;
const chain = { type: 'string', doc: 'the chain' } as const;
const rule = { type: 'string', doc: 'the rule, as iptables.build_rule makes it' } as const;
const family = { type: 'string', default: 'ipv4', doc: 'ipv4 or ipv6' } as const;
const conf_file = { type: 'string', doc: "the file of saved rules; the system's own by default" } as const;

const NO_CHAIN = 'Error: Chain needs to be specified';
const NO_RULE = 'Error: Rule needs to be specified';

function program(ctx: Ctx, version: string): string {
  const name = version === 'ipv6' ? 'ip6tables' : 'iptables';
  const path = ctx.host.which(name);
  if (path === undefined) throw new CommandFailed(`${name} is not installed`);
  return path;
}

/** Runs a command line, without a shell; rules are texts with quotes of their own. */
async function run(ctx: Ctx, line: string): Promise<{ readonly stdout: string; readonly stderr: string; readonly retcode: number }> {
  return (await ctx.call('cmd.run_all', [line], { python_shell: false })) as never;
}

/** `--wait` where the program has it: it then waits for others that change rules. */
async function waiting(ctx: Ctx, version: string): Promise<string> {
  const { stdout } = await ctx.spawn([program(ctx, version), '--help']);
  return stdout.includes('--wait') ? `${program(ctx, version)} --wait` : `${program(ctx, version)} `;
}

const inForce = async (ctx: Ctx, version: string): Promise<string> => (await run(ctx, `${program(ctx, version)}-save`)).stdout;

/** Where systems keep rules over a restart. */
function savedAt(ctx: Ctx, version: string): string {
  const six = version === 'ipv6';
  switch (ctx.host.osFamily) {
    case 'RedHat':
      return six ? '/etc/sysconfig/ip6tables' : '/etc/sysconfig/iptables';
    case 'Arch':
    case 'Void':
      return six ? '/etc/iptables/ip6tables.rules' : '/etc/iptables/iptables.rules';
    case 'Debian':
      return six ? '/etc/iptables/rules.v6' : '/etc/iptables/rules.v4';
    case 'Suse':
      return '/etc/sysconfig/scripts/SuSEfirewall2-custom';
    case 'NILinuxRT':
      return six ? '/etc/natinst/share/ip6tables.conf' : '/etc/natinst/share/iptables.conf';
  }
  if (ctx.host.os === 'Gentoo') return six ? '/var/lib/ip6tables/rules-save' : '/var/lib/iptables/rules-save';
  if (ctx.host.os === 'Alpine') return six ? '/etc/iptables/rules6-save' : '/etc/iptables/rules-save';
  throw new CommandFailed(`It is not known where ${ctx.host.os} keeps the rules of iptables: give the file`);
}

async function saved(ctx: Ctx, file: string | undefined, version: string): Promise<string> {
  const path = file || savedAt(ctx, version);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`The saved rules in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function isThere(ctx: Ctx, where: { table: string; chain: string; rule: string; family: string }): Promise<boolean> {
  return (await run(ctx, `${program(ctx, where.family)} -t ${where.table} -C ${where.chain} ${where.rule}`)).retcode === 0;
}

/** A call on a chain that says True, or why not. */
const onChain = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' iptables.${as} filter CUSTOM_CHAIN`],
    args: { table, chain, family },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (!args.chain) return NO_CHAIN;
      return (await run(ctx, `${await waiting(ctx, args.family)} -t ${args.table} ${option} ${args.chain}`)).stderr || true;
    },
  });

/** The lines that no filter of `iptables.save_filters` meets. */
async function filtered(ctx: Ctx, text: string): Promise<string> {
  const filters = await ctx.call('config.option', ['iptables.save_filters', []]);
  const patterns = (Array.isArray(filters) ? filters : []).flatMap((filter) => patternOf(ctx, String(filter)));
  return patterns.length === 0 ? text : text.replace(/[^\n]*\n?/g, (line) => (patterns.some((pattern) => pattern.test(line)) ? '' : line));
}

function patternOf(ctx: Ctx, filter: string): RegExp[] {
  try {
    return [new RegExp(filter)];
  } catch (error) {
    ctx.log.warn(`Skipping regex rule: '${filter}': ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

export default execModule({
  name: 'iptables',
  doc: 'Rules of the packet filter, by iptables and ip6tables.',
  serves: (host) => host.which('iptables') !== undefined || 'The iptables execution module cannot be loaded: iptables not installed.',
  calls: {
    version: call({
      doc: 'The version of the program.',
      examples: ["tsalt '*' iptables.version", "tsalt '*' iptables.version family=ipv6"],
      args: { family },
      changes: false,
      run: async (ctx, args) => (await run(ctx, `${program(ctx, args.family)} --version`)).stdout.split(/\s+/)[1] ?? '',
    }),
    build_rule: call({
      doc: 'A rule from its options, or with `full` the whole command. Values that begin with `!` say no.',
      examples: [
        "tsalt '*' iptables.build_rule match=state connstate=RELATED,ESTABLISHED jump=ACCEPT",
        "tsalt '*' iptables.build_rule filter INPUT command=I position=3 full=True match=state connstate=RELATED jump=ACCEPT",
      ],
      args: {
        table,
        chain,
        command: { type: 'string', doc: 'such as A or append, with `full`' },
        position: { type: 'any', default: '', doc: 'where it goes, with `full`' },
        full: { type: 'boolean', doc: 'the whole command' },
        family,
      },
      extra: 'the options: proto, source, dport, connstate, comment, jump, ...',
      changes: false,
      async run(ctx, args) {
        const text = ruleText(ctx.extra);
        if (!args.full || text.startsWith('Error:')) return text;
        if (!args.table) return 'Error: Table needs to be specified';
        if (!args.chain) return NO_CHAIN;
        if (!args.command) return 'Error: Command needs to be specified';
        const flag = 'ACDIRLSFZNXPE'.includes(args.command) ? '-' : '--';
        return `${await waiting(ctx, args.family)} -t ${args.table} ${flag}${args.command} ${args.chain} ${String(args.position ?? '')} ${text}`;
      },
    }),
    get_saved_rules: call({
      doc: 'The rules that are in force after a restart, by table and chain.',
      examples: ["tsalt '*' iptables.get_saved_rules"],
      args: { conf_file, family },
      changes: false,
      run: async (ctx, args): Promise<Returnable> => parseSaved(await saved(ctx, args.conf_file, args.family)),
    }),
    get_rules: call({
      doc: 'The rules that are in force, by table and chain.',
      examples: ["tsalt '*' iptables.get_rules"],
      args: { family },
      changes: false,
      run: async (ctx, args): Promise<Returnable> => parseSaved(await inForce(ctx, args.family)),
    }),
    get_saved_policy: call({
      doc: 'The policy of a chain after a restart; None if there is no such chain.',
      examples: ["tsalt '*' iptables.get_saved_policy filter INPUT"],
      args: { table, chain, conf_file, family },
      changes: false,
      run: async (ctx, args): Promise<Returnable> =>
        args.chain ? policyIn(await saved(ctx, args.conf_file, args.family), args.table, args.chain) : NO_CHAIN,
    }),
    get_policy: call({
      doc: 'The policy of a chain; None if there is no such chain.',
      examples: ["tsalt '*' iptables.get_policy filter INPUT"],
      args: { table, chain, family },
      changes: false,
      run: async (ctx, args): Promise<Returnable> =>
        args.chain ? policyIn(await inForce(ctx, args.family), args.table, args.chain) : NO_CHAIN,
    }),
    set_policy: call({
      doc: 'Set the policy of a chain. Returns what the program complained of.',
      examples: ["tsalt '*' iptables.set_policy filter INPUT ACCEPT"],
      args: { table, chain, policy: { type: 'string', doc: 'ACCEPT, DROP' }, family },
      changes: true,
      async run(ctx, args) {
        if (!args.chain) return NO_CHAIN;
        if (!args.policy) return 'Error: Policy needs to be specified';
        return (await run(ctx, `${await waiting(ctx, args.family)} -t ${args.table} -P ${args.chain} ${args.policy}`)).stderr;
      },
    }),
    save: call({
      doc: 'Write the rules to the file that is read at start.',
      examples: ["tsalt '*' iptables.save /etc/sysconfig/iptables"],
      args: { filename: { type: 'string', doc: "the file; the system's own by default" }, family },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const path = args.filename || savedAt(ctx, args.family);
        await mkdir(dirname(path), { recursive: true });
        return await ctx.call('file.write', [path, await filtered(ctx, await inForce(ctx, args.family))]);
      },
    }),
    check: call({
      doc: 'Whether a chain has a rule.',
      examples: [`tsalt '*' iptables.check filter INPUT rule='-m state --state RELATED,ESTABLISHED -j ACCEPT'`],
      args: { table, chain, rule, family },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (!args.chain) return NO_CHAIN;
        if (!args.rule) return NO_RULE;
        return await isThere(ctx, { table: args.table, chain: args.chain, rule: args.rule, family: args.family });
      },
    }),
    check_chain: call({
      doc: 'Whether a table has a chain.',
      examples: ["tsalt '*' iptables.check_chain filter INPUT"],
      args: { table, chain, family },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (!args.chain) return NO_CHAIN;
        return (await run(ctx, `${program(ctx, args.family)}-save -t ${args.table}`)).stdout.includes(`:${args.chain} `);
      },
    }),
    new_chain: onChain('new_chain', '-N', 'Make a chain.'),
    delete_chain: onChain('delete_chain', '-X', 'Remove a chain.'),
    append: call({
      doc: 'Put a rule at the end of a chain. False if the chain has it.',
      examples: [`tsalt '*' iptables.append filter INPUT rule='-m state --state RELATED,ESTABLISHED -j ACCEPT'`],
      args: { table, chain, rule, family },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        if (!args.chain) return NO_CHAIN;
        if (!args.rule) return NO_RULE;
        const { table, chain, rule, family } = args;
        if (await isThere(ctx, { table, chain, rule, family })) return false;
        return (await run(ctx, `${await waiting(ctx, family)} -t ${table} -A ${chain} ${rule}`)).stderr === '';
      },
    }),
    insert: call({
      doc: 'Put a rule at a position of a chain; a negative one counts from the end. False if the chain has it.',
      examples: [`tsalt '*' iptables.insert filter INPUT position=3 rule='-m state --state RELATED,ESTABLISHED -j ACCEPT'`],
      args: { table, chain, position: { type: 'number', doc: 'from 1 on' }, rule, family },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        if (!args.chain) return NO_CHAIN;
        if (!args.position) return 'Error: Position needs to be specified or use append (-A)';
        if (!args.rule) return NO_RULE;
        const { table, chain, rule, family } = args;
        const position = args.position < 0 ? await fromEnd(ctx, { table, chain, family }, args.position) : args.position;
        if (await isThere(ctx, { table, chain, rule, family })) return false;
        return (await run(ctx, `${await waiting(ctx, family)} -t ${table} -I ${chain} ${position} ${rule}`)).stderr;
      },
    }),
    delete: call({
      doc: 'Take a rule out of a chain, by itself or by its position. Returns what the program complained of.',
      examples: ["tsalt '*' iptables.delete filter INPUT position=3"],
      args: {
        table: { type: 'string', required: true, doc: 'the table' },
        chain,
        position: { type: 'any', doc: 'from 1 on' },
        rule,
        family,
      },
      changes: true,
      async run(ctx, args) {
        if (args.position && args.rule) return 'Error: Only specify a position or a rule, not both';
        const what = String((args.position || args.rule) ?? '');
        if (what === '') throw new CallRefused('iptables.delete needs a position or a rule');
        return (await run(ctx, `${await waiting(ctx, args.family)} -t ${args.table} -D ${args.chain ?? ''} ${what}`)).stderr;
      },
    }),
    flush: call({
      doc: 'Remove all rules of a chain, or of all chains of a table.',
      examples: ["tsalt '*' iptables.flush filter INPUT"],
      args: { table, chain: { ...chain, default: '' }, family },
      changes: true,
      run: async (ctx, args) => (await run(ctx, `${await waiting(ctx, args.family)} -t ${args.table} -F ${args.chain}`.trimEnd())).stderr,
    }),
  },
});

async function fromEnd(ctx: Ctx, where: { table: string; chain: string; family: string }, position: number): Promise<number> {
  const size = rulesIn(await inForce(ctx, where.family), where.table, where.chain);
  if (size === undefined) throw new CommandFailed(`The table ${where.table} has no chain ${where.chain}`);
  return Math.max(1, size + position + 1);
}
