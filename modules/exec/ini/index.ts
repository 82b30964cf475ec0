import { CommandFailed, call, execModule, type Returnable } from '../../define.ts';
import { type Change, Section, type Wanted } from './document.ts';
import { open, save } from './file.ts';

const PATH = { type: 'string', required: true, doc: 'the path' } as const;
const SECTION = { type: 'string', required: true, doc: 'the section' } as const;
const OPTION = { type: 'string', required: true, doc: 'the option' } as const;
const STYLE = {
  separator: { type: 'string', default: '=', doc: 'what stands between name and value' },
  encoding: { type: 'string', doc: 'of the file: utf-8 by default, ascii, latin-1, utf-16-le' },
} as const;

/** Values as Python's str() writes them. */
const wanted = (value: Returnable): Wanted => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Map) return new Map([...value].map(([name, item]) => [String(name), wanted(item)]));
  if (typeof value !== 'object' || value instanceof Uint8Array || 'toJSON' in value) return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => (typeof item === 'string' ? `'${item}'` : String(wanted(item)))).join(', ')}]`;
  return new Map(Object.entries(value).map(([name, item]) => [name, wanted(item)]));
};
const shown = (changes: Map<string, Change>): Returnable =>
  Object.fromEntries([...changes].map(([name, change]) => [name, change instanceof Map ? shown(change) : { ...change }]));
const told = (item: string | Section | undefined): Returnable =>
  item === undefined ? null : typeof item === 'string' ? item : item.plain({ comments: true });

export default execModule({
  name: 'ini',
  doc: 'Files of options in sections.',
  calls: {
    set_option: call({
      doc: 'Set options, and return what changed.',
      examples: [`tsalt '*' ini.set_option /path/to/ini '{section_foo: {key: value}}'`],
      args: {
        file_name: PATH,
        sections: { type: 'map', doc: 'options by section; options outside of sections by name' },
        ...STYLE,
        no_spaces: { type: 'boolean', default: false, doc: 'no spaces around the separator, in the whole file' },
      },
      changes: true,
      async run(ctx, args) {
        const document = await open(args, ctx.testing);
        const changes = document.update(new Map(Object.entries(args.sections ?? {}).map(([name, value]) => [name, wanted(value)])));
        await save(args, document);
        return shown(changes);
      },
    }),
    get_option: call({
      doc: 'The value of an option; None if it is not there.',
      examples: ["tsalt '*' ini.get_option /path/to/ini section_name option_name"],
      args: {
        file_name: PATH,
        section: { ...SECTION, doc: 'the section; empty for an option outside of sections' },
        option: OPTION,
        ...STYLE,
      },
      changes: false,
      async run(ctx, args) {
        const document = await open(args, ctx.testing);
        if (args.section === '') return told(document.items.get(args.option));
        const section = document.items.get(args.section);
        return section instanceof Section ? told(section.items.get(args.option)) : null;
      },
    }),
    remove_option: call({
      doc: 'Remove an option, and return the value it had.',
      examples: ["tsalt '*' ini.remove_option /path/to/ini section_name option_name"],
      args: { file_name: PATH, section: SECTION, option: OPTION, ...STYLE },
      changes: true,
      async run(ctx, args) {
        const document = await open(args, ctx.testing);
        const section = document.items.get(args.section);
        const holder = section instanceof Section ? section : document;
        const value = told(holder.items.get(args.option));
        holder.items.delete(args.option);
        await save(args, document);
        return value;
      },
    }),
    get_section: call({
      doc: 'The options of a section; an empty map if it is not there.',
      examples: ["tsalt '*' ini.get_section /path/to/ini section_name"],
      args: { file_name: PATH, section: SECTION, ...STYLE },
      changes: false,
      async run(ctx, args) {
        const section = (await open(args, ctx.testing)).items.get(args.section);
        if (typeof section === 'string') throw new TypeError(`'${args.section}' is an option of ${args.file_name}, not a section`);
        return section?.plain() ?? {};
      },
    }),
    remove_section: call({
      doc: 'Remove a section, and return the options it had.',
      examples: ["tsalt '*' ini.remove_section /path/to/ini section_name"],
      args: { file_name: PATH, section: SECTION, ...STYLE },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const document = await open(args, ctx.testing);
        const section = document.items.get(args.section);
        if (section === undefined) return null;
        if (typeof section === 'string')
          throw new CommandFailed(`'${args.section}' is an option of ${args.file_name}, not a section; remove it by ini.remove_option`);
        document.items.delete(args.section);
        await save(args, document);
        return section.plain();
      },
    }),
    get_ini: call({
      doc: 'All options, by section.',
      examples: ["tsalt '*' ini.get_ini /path/to/ini"],
      args: { file_name: PATH, ...STYLE },
      changes: false,
      run: async (ctx, args) => (await open(args, ctx.testing)).plain(),
    }),
  },
});
