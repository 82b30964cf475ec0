import { dumpJson } from '../../../kernel/render/jinja/filters/serial.ts';
import { fromPlain, toPlain } from '../../../kernel/render/python/plain.ts';
import { repr, str } from '../../../kernel/render/python/repr.ts';
import { type Data, isDict, isTrue, type Value } from '../../../kernel/render/python/value.ts';
import { dumpYaml } from '../../../kernel/render/yaml/dump.ts';
import { loadYaml } from '../../../kernel/render/yaml/index.ts';
import { CommandFailed } from '../../../modules/define.ts';
import { decode, encode } from '../../../protocol/wire/msgpack.ts';

type Options = ReadonlyMap<string, Value>;
interface Serializer {
  readonly serialize: (value: Data, options: Options) => string | Uint8Array;
  readonly deserialize: (text: string | Uint8Array) => Data;
}

const textOf = (given: string | Uint8Array): string => (typeof given === 'string' ? given : Buffer.from(given).toString('utf8'));

const yaml: Serializer = {
  serialize: (value, options) => {
    const flow = options.get('default_flow_style') ?? null;
    return dumpYaml(value, flow === null ? 'leaves' : isTrue(flow), !isTrue(options.get('allow_unicode') ?? false));
  },
  deserialize: (text) => loadYaml(textOf(text)),
};

/** Salt's formats by name. */
const SERIALIZERS: ReadonlyMap<string, Serializer> = new Map<string, Serializer>([
  ['yaml', yaml],
  ['yamlex', yaml],
  [
    'json',
    {
      serialize: (value, options) => {
        const indent = options.get('indent');
        return unescaped(dumpJson(value, isTrue(options.get('sort_keys') ?? false), typeof indent === 'number' ? indent : undefined));
      },
      deserialize: (text) => fromPlain(JSON.parse(textOf(text))),
    },
  ],
  ['msgpack', { serialize: (value) => encode(toPlain(value)), deserialize: (bytes) => fromPlain(decode(Buffer.from(bytes))) }],
  ['configparser', { serialize: writeSections, deserialize: (text) => readSections(textOf(text)) }],
]);

/** All characters as themselves: Salt's JSON, unlike that of its templates, does not escape what is not ASCII. */
const unescaped = (json: string): string =>
  json.replace(/\\(?:u([0-9a-f]{4})|.)/g, (found, code: string | undefined) =>
    code !== undefined && Number.parseInt(code, 16) >= 0x7f ? String.fromCharCode(Number.parseInt(code, 16)) : found,
  );

/** @throws CommandFailed for a format that is not there, in Salt's words */
export function serializer(name: string): Serializer {
  const found = SERIALIZERS.get(name);
  if (found === undefined) throw new CommandFailed(`Serializer '${name}' not found.`);
  return found;
}

/** An INI file as Python's ConfigParser writes it: keys in lower case. */
function writeSections(value: Data): string {
  if (!isDict(value)) throw new CommandFailed(`configparser can only serialize dictionaries, not ${repr(value)}`);
  let text = '';
  for (const [section, options] of value) {
    text += `[${str(section)}]\n`;
    if (!isDict(options)) throw new CommandFailed(`configparser: the section ${str(section)} is no dictionary`);
    for (const [key, item] of options)
      text += item === null ? `${str(key).toLowerCase()}\n` : `${str(key).toLowerCase()} = ${str(item).replaceAll('\n', '\n\t')}\n`;
    text += '\n';
  }
  return text;
}

/** What ConfigParser reads: sections, the values of DEFAULT in each, longer values on indented lines. */
function readSections(text: string): Data {
  const sections = new Map<string, Map<string, string>>();
  let [section, key]: [Map<string, string> | undefined, string | undefined] = [undefined, undefined];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const [, header] = /^\[(.+)\]$/.exec(line) ?? [];
    if (/^\s/.test(raw) && section !== undefined && key !== undefined) {
      section.set(key, `${section.get(key)}\n${line}`);
    } else if (header !== undefined) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      key = undefined;
    } else {
      const [, name, value] = /^(.*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      if (section === undefined) throw new CommandFailed(`File contains no section headers: ${line}`);
      if (name === undefined || value === undefined) throw new CommandFailed(`Source contains parsing errors: ${line}`);
      key = name.toLowerCase();
      section.set(key, value);
    }
  }
  const shared = sections.get('DEFAULT') ?? new Map();
  sections.delete('DEFAULT');
  return new Map([...sections].map(([name, own]): [Data, Data] => [name, new Map<Data, Data>([...shared, ...own])]));
}
