import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { output, wordOf } from './commands.ts';

/** The rights of one line, as a map of three and as a figure. */
interface Rights {
  readonly permissions: { readonly read: boolean; readonly write: boolean; readonly execute: boolean };
  readonly octal: number;
}
type Lines = Record<string, { readonly [name: string]: Rights }[]>;
type Listing = Record<string, Returnable>;

/** The files that the call was given: at least one. */
function files(ctx: Ctx): string[] {
  if (ctx.rest.length === 0) throw new CommandFailed('You need to specify at least one file or directory to work with!');
  return ctx.rest.map(wordOf);
}

const recursively = (ctx: Ctx): string[] => (ctx.extra['recursive'] ? ['-R'] : []);

/** What getfacl(1) printed, by file. */
function parse(text: string): Record<string, Listing> {
  const found: Record<string, Listing> = {};
  for (const block of text.split('\n\n')) {
    const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('getfacl'));
    const comment = Object.fromEntries(lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2).split(': ', 2)));
    const { file, owner = '', group = '' } = comment as Record<string, string>;
    if (file === undefined) continue;
    const [own, defaults]: [Lines, Lines] = [{ user: [], group: [] }, {}];
    for (const line of lines.filter((line) => !line.startsWith('#'))) addLine(line, own, defaults, { user: owner, group });
    found[file] = {
      comment,
      ...flagsOf(comment['flags']),
      ...own,
      ...(Object.keys(defaults).length > 0 ? { defaults } : {}),
    } as unknown as Listing;
  }
  return found;
}

const flagsOf = (flags = ''): Record<string, boolean> => ({
  ...(flags[0] === 's' ? { suid: true } : {}),
  ...(flags[1] === 's' ? { sgid: true } : {}),
  ...(flags[2] === 't' ? { sticky: true } : {}),
});

/** `user:games:rwx`, `default:mask::r--`: a line without a name is about the owner; rights that the mask cuts stand behind. */
function addLine(line: string, own: Lines, defaults: Lines, owners: Readonly<Record<string, string>>): void {
  const words = line.split(':');
  const isDefault = words[0] === 'default';
  const [entity = '', name = ''] = isDefault ? words.slice(1) : words;
  const rights = rightsOf(words.at(-1) ?? '');
  const place = isDefault ? defaults : own;
  place[entity] = [...(place[entity] ?? []), { [name || owners[entity] || '']: rights }];
}

function rightsOf(letters: string): Rights {
  const [read, write, execute] = ['r', 'w', 'x'].map((letter) => letters.includes(letter)) as [boolean, boolean, boolean];
  return { permissions: { read, write, execute }, octal: Number(read) * 4 + Number(write) * 2 + Number(execute) };
}

/** `u`, `d:g`, ... for `user`, `default:group`. What is meant for others has no letter, as in Salt. */
function prefix(kind: string): string {
  const isDefault = kind.startsWith('d');
  const entity = isDefault ? kind.replaceAll('default:', '').replaceAll('d:', '') : kind;
  const letter = ['user', 'group', 'mask', 'u', 'g', 'm'].includes(entity) ? (entity[0] ?? '') : '';
  return `${isDefault ? 'd:' : ''}${letter}`;
}

const rest = 'the files';
const extra = 'recursive: what is below directories, too';
const acl_type = { type: 'string', required: true, doc: '`user`, `group`, `mask`, `default:user`, ...' } as const;
const acl_name = { type: 'any', default: '', doc: 'the user or group' } as const;

export default execModule({
  name: 'acl',
  doc: 'Access control lists of files, by getfacl and setfacl.',
  serves: (host) =>
    host.which('getfacl') !== undefined || 'The linux_acl execution module cannot be loaded: the getfacl binary is not in the path.',
  calls: {
    version: call({
      doc: 'The version of getfacl.',
      examples: ["tsalt '*' acl.version"],
      args: {},
      changes: false,
      run: async (ctx) => (await output(ctx, ['getfacl', '--version'])).split('\n')[0]?.split(/\s+/)[1] ?? '',
    }),
    getfacl: call({
      doc: 'The lists of files, by file.',
      examples: ["tsalt '*' acl.getfacl /tmp/house/kitchen", "tsalt '*' acl.getfacl /tmp/house/kitchen recursive=True"],
      args: {},
      rest,
      extra,
      changes: false,
      run: async (ctx) => parse(await output(ctx, ['getfacl', '--absolute-names', ...recursively(ctx), '--', ...files(ctx)])),
    }),
    wipefacls: call({
      doc: 'Remove the lists of files.',
      examples: ["tsalt '*' acl.wipefacls /tmp/house/kitchen"],
      args: {},
      rest,
      extra,
      changes: true,
      async run(ctx) {
        await output(ctx, ['setfacl', '-b', ...recursively(ctx), '--', ...files(ctx)]);
        return true;
      },
    }),
    modfacl: call({
      doc: 'Add or change a line of the lists of files.',
      examples: ["tsalt '*' acl.modfacl user myuser rwx /tmp/house/kitchen", "tsalt '*' acl.modfacl d:u myuser 7 /tmp/house/kitchen"],
      args: { acl_type, acl_name, perms: { type: 'any', default: '', doc: '`rwx`, or a figure' } },
      rest,
      extra: `${extra}; raise_err: fail with what setfacl complained of`,
      changes: true,
      async run(ctx, args) {
        const line = `${prefix(args.acl_type)}:${wordOf(args.acl_name)}:${wordOf(args.perms)}`;
        const argv = ['setfacl', ...recursively(ctx), '-m', line, '--', ...files(ctx)];
        await output(ctx, argv, { raise_err: Boolean(ctx.extra['raise_err']) });
        return true;
      },
    }),
    delfacl: call({
      doc: 'Remove a line of the lists of files.',
      examples: ["tsalt '*' acl.delfacl user myuser /tmp/house/kitchen"],
      args: { acl_type, acl_name },
      rest,
      extra,
      changes: true,
      async run(ctx, args) {
        const line = `${prefix(args.acl_type)}:${wordOf(args.acl_name)}`;
        await output(ctx, ['setfacl', ...recursively(ctx), '-x', line, '--', ...files(ctx)]);
        return true;
      },
    }),
  },
});
