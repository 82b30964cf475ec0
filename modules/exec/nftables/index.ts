import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Ctx, call, execModule } from '../../define.ts';
import { chainCalls } from './chain_calls.ts';
import { ALL_FAMILIES, FAMILY, familyOf, listJson, nft } from './nft.ts';
import { ruleCalls } from './rule_calls.ts';

/** Where rules are kept over a restart. @throws CommandFailed where that is not known */
function savedAt(ctx: Ctx, file: string | undefined): string {
  if (file) return file;
  if (['RedHat', 'Arch', 'Debian'].includes(ctx.host.osFamily) || ctx.host.os === 'Gentoo') return '/etc/nftables';
  throw new CommandFailed(`It is not known where ${ctx.host.os} keeps the rules of nftables: give the file`);
}

const tablesOf = async (ctx: Ctx, family: string) =>
  (await listJson(ctx, 'list', 'tables', familyOf(family))).flatMap((item) => (item['table'] === undefined ? [] : [item['table']]));

async function rulesOf(ctx: Ctx, family: string): Promise<string[]> {
  const texts: string[] = [];
  for (const table of await tablesOf(ctx, family)) {
    const { name } = table as { readonly name: string };
    texts.push(await nft(ctx, '--numeric', '--numeric', '--numeric', 'list', 'table', familyOf(family), name));
  }
  return texts;
}

/** The tables of all families, as a file that nft runs. */
async function allRules(ctx: Ctx): Promise<string> {
  let text = '#! nft -f\n';
  for (const family of ALL_FAMILIES) {
    const tables = await rulesOf(ctx, family);
    if (tables.length > 0) text += `\n${tables.join('\n')}`;
  }
  return `${text}\n`;
}

async function save(ctx: Ctx, file: string | undefined): Promise<string> {
  const text = await allRules(ctx);
  const path = savedAt(ctx, file);
  try {
    const isDirectory = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    await writeFile(isDirectory ? join(path, 'salt-all-in-one.nft') : path, text);
  } catch (error) {
    throw new CommandFailed(`Problem writing to configuration file: ${error instanceof Error ? error.message : String(error)}`);
  }
  return text;
}

/** Rules of the packet filter, by nft. */
export default execModule({
  name: 'nftables',
  doc: 'Rules of the packet filter, by nft.',
  serves: (host) => host.which('nft') !== undefined || 'The nftables execution module failed to load: nftables is not installed.',
  calls: {
    version: call({
      doc: 'The version of nft.',
      examples: ["tsalt '*' nftables.version"],
      args: {},
      changes: false,
      run: async (ctx) => (await nft(ctx, '--version')).split(/\s+/)[1] ?? '',
    }),
    ...ruleCalls,
    ...chainCalls,
    get_saved_rules: call({
      doc: 'The lines of the file of saved rules, without comments.',
      examples: ["tsalt '*' nftables.get_saved_rules"],
      args: { conf_file: { type: 'string', doc: "the file; the system's own by default" } },
      changes: false,
      async run(ctx, { conf_file }) {
        const text = await readFile(savedAt(ctx, conf_file), 'utf8');
        return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).filter((line) => !/^\s*(#|$)/.test(line));
      },
    }),
    list_tables: call({
      doc: 'The tables that are in force.',
      examples: ["tsalt '*' nftables.list_tables", "tsalt '*' nftables.list_tables family=ipv6"],
      args: { family: FAMILY },
      changes: false,
      run: (ctx, { family }) => tablesOf(ctx, family),
    }),
    get_rules: call({
      doc: 'The rules that are in force, a text for each table.',
      examples: ["tsalt '*' nftables.get_rules", "tsalt '*' nftables.get_rules family=ipv6"],
      args: { family: FAMILY },
      changes: false,
      run: (ctx, { family }) => rulesOf(ctx, family),
    }),
    get_rules_json: call({
      doc: 'All that is in force, as nft tells it in JSON.',
      examples: ["tsalt '*' nftables.get_rules_json", "tsalt '*' nftables.get_rules_json family=ipv6"],
      args: { family: FAMILY },
      changes: false,
      run: (ctx, { family }) => listJson(ctx, 'list', 'ruleset', familyOf(family)),
    }),
    save: call({
      doc: 'Write the rules of all families to the file that is read at start, and return them.',
      examples: ["tsalt '*' nftables.save /etc/nftables"],
      args: {
        filename: { type: 'string', doc: "the file, or a directory; the system's own by default" },
        family: { ...FAMILY, doc: 'not used: all are written' },
      },
      changes: true,
      run: (ctx, { filename }) => save(ctx, filename),
    }),
  },
});
