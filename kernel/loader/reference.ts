import type { AnyCall, Arg, ArgTable, ExecModule } from '../../modules/define.ts';
import { pythonText } from './arguments.ts';

/** The reference page of an execution module, in Markdown, made of its definitions: one of each provider of that name. */
export function modulePage(providers: readonly ExecModule[]): string {
  const [first] = providers;
  if (first === undefined) throw new Error('a page needs a module');
  const calls = new Map(providers.flatMap((provider) => Object.entries(provider.calls)));
  const names = [...calls.keys()].sort();
  return [
    `# ${first.name}`,
    '',
    [...new Set(providers.map(({ doc }) => doc))].join('\n\n'),
    '',
    'Made from the definition of the module; change it there and run `node --import tsx test/docs/reference.ts`.',
    '',
    ...names.flatMap((name) => section(`${first.name}.${name}`, calls.get(name))),
  ].join('\n');
}

function section(fun: string, call: AnyCall | undefined): string[] {
  if (call === undefined) return [];
  const rows = argumentRows(call);
  const table = rows.length === 0 ? [] : ['| argument | type | default | |', '|---|---|---|---|', ...rows, ''];
  const examples = call.examples.length === 0 ? [] : ['```sh', ...call.examples, '```', ''];
  return [`## ${fun}`, '', `${call.doc}${call.changes ? '' : ' *Reads only.*'}`, '', ...table, ...examples];
}

function argumentRows(call: AnyCall): string[] {
  const table: ArgTable = call.args;
  return [
    ...Object.entries(table).map(([name, arg]) => row(name, arg)),
    ...(call.rest === undefined ? [] : [`| \`*args\` | | | ${cell(call.rest)} |`]),
    ...(call.extra === undefined ? [] : [`| \`**kwargs\` | | | ${cell(call.extra)} |`]),
  ];
}

const row = (name: string, arg: Arg): string =>
  `| \`${name}\` | ${typeText(arg)} | ${arg.required === true ? 'required' : `\`${cell(pythonText(arg.default))}\``} | ${cell(arg.doc)} |`;

const typeText = (arg: Arg): string =>
  'choices' in arg && arg.choices !== undefined ? arg.choices.map((choice) => `\`${choice}\``).join(', ') : arg.type;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
