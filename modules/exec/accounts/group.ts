import { type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { chroot, execute, program, wordOf } from './commands.ts';
import { type Group, groupNamed, groups } from './databases.ts';

const name = { type: 'string', required: true, doc: 'the group' } as const;
const root = { type: 'string', doc: 'the root of another tree, for chroot' } as const;
const username = { type: 'string', required: true, doc: 'the user' } as const;

const infoOf = ({ name, passwd, gid, members }: Group): Record<string, Returnable> => ({ name, passwd, gid, members });
const longRoot = (tree: string | undefined): string[] => (tree === undefined ? [] : ['--root', tree]);

async function gpasswd(ctx: Ctx, group: string, option: string, value: string, tree?: string): Promise<boolean> {
  return (await execute(ctx, [program(ctx, 'gpasswd'), ...longRoot(tree), option, value, group])).retcode === 0;
}

export default execModule({
  name: 'group',
  doc: 'Groups of the system, by groupadd, groupmod, groupdel and gpasswd.',
  serves: (host) => host.which('groupadd') !== undefined || 'groupadd is not here',
  calls: {
    add: call({
      doc: 'Add a group.',
      examples: ["tsalt '*' group.add foo 3456"],
      args: {
        name,
        gid: { type: 'any', doc: 'its number' },
        system: { type: 'boolean', default: false, doc: 'a system group' },
        root,
        non_unique: { type: 'boolean', default: false, doc: 'another group may have the number' },
        local: { type: 'boolean', default: false, doc: 'by lgroupadd: in the local files for sure' },
      },
      changes: true,
      async run(ctx, args) {
        const number = args.gid ? ['-g', wordOf(args.gid), ...(args.non_unique && !args.local ? ['-o'] : [])] : [];
        const options = [...number, ...(args.system ? ['-r'] : []), ...(args.local ? [] : chroot(args.root))];
        return (await execute(ctx, [program(ctx, args.local ? 'lgroupadd' : 'groupadd'), ...options, '--', args.name])).retcode === 0;
      },
    }),
    delete: call({
      doc: 'Remove a group.',
      examples: ["tsalt '*' group.delete foo"],
      args: { name, root, local: { type: 'boolean', default: false, doc: 'by lgroupdel: from the local files for sure' } },
      changes: true,
      async run(ctx, args) {
        const options = args.local ? [] : chroot(args.root);
        return (await execute(ctx, [program(ctx, args.local ? 'lgroupdel' : 'groupdel'), ...options, '--', args.name])).retcode === 0;
      },
    }),
    info: call({
      doc: 'What is known of a group; empty if there is none.',
      examples: ["tsalt '*' group.info foo"],
      args: { name, root },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const group = await groupNamed(ctx, args.name, args.root);
        return group === undefined ? {} : infoOf(group);
      },
    }),
    getent: call({
      doc: 'What is known of all groups.',
      examples: ["tsalt '*' group.getent"],
      args: { refresh: { type: 'boolean', default: false, doc: 'not used: nothing is remembered' }, root },
      changes: false,
      run: async (ctx, args) => (await groups(ctx, args.root)).map(infoOf),
    }),
    chgid: call({
      doc: 'Change the number of a group.',
      examples: ["tsalt '*' group.chgid foo 4376"],
      args: {
        name,
        gid: { type: 'any', required: true, doc: 'the new number' },
        root,
        non_unique: { type: 'boolean', default: false, doc: 'another group may have the number' },
      },
      changes: true,
      async run(ctx, args) {
        const before = await groupNamed(ctx, args.name, args.root);
        if (before === undefined) return false;
        if (before.gid === args.gid) return true;
        const options = [...chroot(args.root), ...(args.non_unique ? ['-o'] : []), '-g', args.gid];
        await execute(ctx, [program(ctx, 'groupmod'), ...options, args.name]);
        return (await groupNamed(ctx, args.name, args.root))?.gid === args.gid;
      },
    }),
    adduser: call({
      doc: 'Make a user a member of a group.',
      examples: ["tsalt '*' group.adduser foo bar"],
      args: { name, username, root },
      changes: true,
      run: (ctx, args) => gpasswd(ctx, args.name, '--add', args.username, args.root),
    }),
    deluser: call({
      doc: 'Take a user out of a group. True also if there is no such group.',
      examples: ["tsalt '*' group.deluser foo bar"],
      args: { name, username, root },
      changes: true,
      async run(ctx, args) {
        const group = await groupNamed(ctx, args.name);
        if (!group?.members.includes(args.username)) return true;
        return gpasswd(ctx, args.name, '--del', args.username, args.root);
      },
    }),
    members: call({
      doc: 'Replace the members of a group.',
      examples: ["tsalt '*' group.members foo 'user1,user2,user3,...'"],
      args: { name, members_list: { type: 'any', required: true, doc: 'names with commas between' }, root },
      changes: true,
      run(ctx, args) {
        const members = Array.isArray(args.members_list) ? args.members_list.map(wordOf).join(',') : wordOf(args.members_list);
        return gpasswd(ctx, args.name, '--members', members, args.root);
      },
    }),
  },
});
