import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { wordOf, wordsOf } from './commands.ts';

const TOOLS = ['dmidecode', 'smbios'] as const;
type Values = Record<string, Returnable>;

async function dmidecode(ctx: Ctx, ...argv: readonly string[]): Promise<string> {
  const tool = TOOLS.map((name) => ctx.host.which(name)).find((path) => path !== undefined);
  if (tool === undefined) throw new CommandFailed(`None of ${TOOLS.join(', ')} can be found`);
  return String(
    await ctx.call('cmd.run_stdout', [[tool, ...argv]], { python_shell: false, output_loglevel: 'quiet', ignore_retcode: true }),
  );
}

/** Whether a value was filled in by whoever made the machine. */
function isClean(key: string, value: string): boolean {
  if (value === '' || /^none/i.test(value)) return false;
  if (key.includes('uuid')) return /^[0-9a-f]{32}$/i.test(value.replace(/^urn:|uuid:|[{}-]/gi, ''));
  if (/serial|part|version/.test(key))
    return !/^0+$/.test(value) && !/^0?1234567[8]?[9]?0?/.test(value) && !/sernum|part[_-]?number|specified|filled|applicable/i.test(value);
  if (/asset|manufacturer/.test(key)) return !/manufacturer|to be filled|available|asset|^no(ne|t)/i.test(value);
  return !/to be filled|un(known|specified)|no(t|ne)? (asset|provided|defined|available|present|specified)/i.test(value);
}

/** The value as a number or list where it looks like one; undefined if nobody filled it in. */
function readValue(key: string, text: string, clean: boolean): Returnable | undefined {
  if (clean && !isClean(key, text)) return undefined;
  if (/^(serial|part|asset|product)/i.test(key)) return text;
  if (text.includes(',')) return text.split(',').map((part) => part.trim());
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
}

/** The fields of a record: `<tab>Key: value`, with further values below it behind two tabs. */
function valuesOf(lines: readonly string[], clean: boolean, fields: readonly string[] | undefined): Values {
  const values: Values = {};
  let key: string | undefined;
  for (const line of lines) {
    const [, name, text = ''] = /^\t([^\s:][^:]*):(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      const asked = name.trim().toLowerCase().replaceAll(' ', '_');
      const isLeftOut = (clean && asked === 'header_and_data') || (fields !== undefined && !fields.includes(asked));
      key = isLeftOut ? undefined : asked;
      const value = key === undefined ? undefined : readValue(key, text.trim(), clean);
      if (key !== undefined && value !== undefined) values[key] = value;
    } else if (key !== undefined && /^\t\t\S/.test(line)) {
      const value = readValue(key, line.trim(), clean);
      if (value !== undefined) values[key] = [...listOf(values[key]), value];
    }
  }
  return values;
}

const listOf = (value: Returnable | undefined): readonly Returnable[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function parse(text: string, clean: boolean, fields: readonly string[] | undefined): Returnable[] {
  const parts = text.split(/(handle [0-9]x[0-9a-f]+[^\n]+)\n/i).slice(1);
  const records = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [handle, type] = (parts[index] ?? '').split(',').map((words) => words.trim().split(/\s+/).at(-1) ?? '');
    const [description = '', ...lines] = (parts[index + 1] ?? '').split('\n');
    const data = valuesOf(lines, clean, fields);
    const isEmpty = Object.keys(data).length === 0;
    if (isEmpty && clean) continue;
    records.push({ handle: handle ?? '', description: description.trim(), type: Number(type), ...(isEmpty ? {} : { data }) });
  }
  return records;
}

const clean = { type: 'boolean', default: true, doc: 'leave out what nobody filled in' } as const;

export default execModule({
  name: 'smbios',
  doc: 'What the firmware tells of the machine, by dmidecode.',
  serves: (host) =>
    TOOLS.some((tool) => host.which(tool) !== undefined) ||
    'The smbios execution module failed to load: neither dmidecode nor smbios in the path.',
  calls: {
    get: call({
      doc: 'One value: `system-uuid`; None if nobody filled it in.',
      examples: ["tsalt '*' smbios.get system-uuid clean=False"],
      args: { string: { type: 'string', required: true, doc: 'its keyword, of dmidecode(8)' }, clean },
      changes: false,
      async run(ctx, args) {
        const lines = (await dmidecode(ctx, '-s', args.string)).trim().split('\n');
        const value = lines.filter((line) => !line.startsWith('#')).join('\n');
        return value.startsWith('/dev/mem') || (args.clean && !isClean(args.string, value)) ? null : value;
      },
    }),
    records: call({
      doc: 'The records: handle, description, type and data.',
      examples: [
        "tsalt '*' smbios.records clean=False",
        "tsalt '*' smbios.records 14",
        "tsalt '*' smbios.records 4 core_count,thread_count,current_speed",
      ],
      args: {
        rec_type: { type: 'any', doc: 'only this type: a number or keyword' },
        fields: { type: 'any', doc: 'only these fields: a list, or names with commas between' },
        clean,
      },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const type = args.rec_type === undefined || args.rec_type === null ? [] : ['-t', wordOf(args.rec_type)];
        return parse(await dmidecode(ctx, ...type), args.clean, args.fields ? wordsOf(args.fields) : undefined);
      },
    }),
  },
});
