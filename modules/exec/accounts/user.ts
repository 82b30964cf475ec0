import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { chroot, execute, program, wordOf } from './commands.ts';
import { type Group, groupNames, groups, type Passwd, userNamed, users } from './databases.ts';
import { formatGecos, type GecosKey, parseGecos } from './gecos.ts';
import { addUser, type NewUser } from './useradd.ts';

const name = { type: 'string', required: true, doc: 'the user' } as const;
const root = { type: 'string', doc: 'the root of another tree, for chroot' } as const;
const text = (doc: string) => ({ type: 'string', default: '', doc }) as const;

/** What Salt tells of a user. */
async function infoOf(ctx: Ctx, user: Passwd, known?: readonly Group[]): Promise<Record<string, Returnable>> {
  const { name, uid, gid, home, shell, passwd, gecos } = user;
  return { gid, groups: await groupNames(ctx, name, known), home, name, passwd, shell, uid, ...parseGecos(gecos) };
}

type Attribute = 'uid' | 'gid' | 'home' | 'shell' | 'name';

/** Changes one field of passwd by usermod; true if it has the value afterwards. */
async function change(ctx: Ctx, user: string, key: Attribute, value: Returnable, options: readonly string[], root?: string) {
  const before = await userNamed(ctx, user, root);
  if (before === undefined) throw new CommandFailed(`User '${user}' does not exist`);
  if (before[key] === value) return true;
  await execute(ctx, [program(ctx, 'usermod'), ...chroot(root), ...options, value, user]);
  return (await userNamed(ctx, user, root))?.[key] === value;
}

async function changeGecos(ctx: Ctx, user: string, key: GecosKey, given: Returnable, root?: string): Promise<boolean> {
  const value = given === null || given === undefined ? '' : wordOf(given);
  const read = async () => {
    const found = await userNamed(ctx, user, root);
    if (found === undefined) throw new Error(`there is no user '${user}'`);
    return parseGecos(found.gecos);
  };
  const before = await read();
  if (before[key] === value) return true;
  await execute(ctx, [program(ctx, 'usermod'), ...chroot(root), '-c', formatGecos({ ...before, [key]: value }), user]);
  return (await read())[key] === value;
}

async function changeGroups(ctx: Ctx, user: string, wanted: Returnable, append: boolean, root?: string): Promise<boolean> {
  const names = Array.isArray(wanted) ? wanted.map(wordOf) : wordOf(wanted).split(',');
  const now = new Set(await groupNames(ctx, user));
  if (now.size === new Set(names).size && names.every((group) => now.has(group))) return true;
  const options = [...chroot(root), ...(append ? ['-a'] : []), '-G', names.join(',')];
  const { retcode, stderr } = await execute(ctx, [program(ctx, 'usermod'), ...options, user]);
  // usermod does not take groups of a local file when the user is in a directory service.
  if (retcode === 0 || !stderr.includes('not found in')) return retcode === 0;
  const codes = [];
  for (const group of names) codes.push((await execute(ctx, ['gpasswd', '-a', user, group])).retcode);
  return codes.every((code) => code === 0);
}

const gecosCall = (fun: string, key: GecosKey, what: string, example: string) =>
  call({
    doc: `Change ${what} of a user.`,
    examples: [`tsalt '*' user.${fun} foo ${example}`],
    args: { name, [key]: { type: 'any', required: true, doc: 'the new value' }, root },
    changes: true,
    run: (ctx, args) => changeGecos(ctx, String(args['name']), key, args[key] as Returnable, args['root'] as string | undefined),
  });

export default execModule({
  name: 'user',
  doc: 'Users of the system, by useradd, usermod and userdel.',
  serves: (host) => host.which('useradd') !== undefined || 'useradd is not here',
  calls: {
    add: call({
      doc: 'Add a user.',
      examples: ["tsalt '*' user.add name <uid> <gid> <groups> <home> <shell>"],
      args: {
        name,
        uid: { type: 'any', doc: 'its number' },
        gid: { type: 'any', doc: 'name or number of its primary group' },
        groups: { type: 'any', doc: 'further groups: a list, or names with commas between' },
        home: { type: 'string', doc: 'its home directory' },
        shell: { type: 'string', doc: 'its login shell' },
        unique: { type: 'boolean', default: true, doc: 'False: another user may have the number' },
        system: { type: 'boolean', default: false, doc: 'a system account' },
        fullname: text('full name'),
        roomnumber: text('room number'),
        workphone: text('phone at work'),
        homephone: text('phone at home'),
        other: text('anything else to remember'),
        createhome: { type: 'boolean', default: true, doc: 'make its home directory' },
        loginclass: { type: 'string', doc: 'login class, on OpenBSD' },
        nologinit: { type: 'boolean', default: false, doc: 'leave it out of lastlog and faillog' },
        root,
        usergroup: { type: 'boolean', doc: 'make a group of the same name; without it, as login.defs says' },
        local: { type: 'boolean', default: false, doc: 'by luseradd: in the local files for sure' },
      },
      changes: true,
      async run(ctx, args) {
        if (!(await addUser(ctx, args as NewUser))) return false;
        // The user is there now: what fails from here on does not make the call fail.
        if (hasGroups(args.groups)) await changeGroups(ctx, args.name, args.groups ?? null, false, args.root);
        for (const key of ['fullname', 'roomnumber', 'workphone', 'homephone', 'other'] as const) {
          if (args[key] !== '') await changeGecos(ctx, args.name, key, args[key], args.root);
        }
        return true;
      },
    }),
    delete: call({
      doc: 'Remove a user.',
      examples: ["tsalt '*' user.delete name remove=True force=True"],
      args: {
        name,
        remove: { type: 'boolean', default: false, doc: 'its home directory and mail, too' },
        force: { type: 'boolean', default: false, doc: 'also if it is logged in' },
        root,
        local: { type: 'boolean', default: false, doc: 'by luserdel: from the local files for sure' },
      },
      changes: true,
      async run(ctx, args) {
        const options = args.local ? [] : [...(args.force ? ['-f'] : []), ...chroot(args.root)];
        const tool = program(ctx, args.local ? 'luserdel' : 'userdel');
        const { retcode, stderr } = await execute(ctx, [tool, ...(args.remove ? ['-r'] : []), ...options, '--', args.name]);
        // Debian's userdel ends so when there was no mail to remove.
        return retcode === 0 || (retcode === 12 && ctx.host.osFamily === 'Debian' && /var\/(spool\/)?mail/.test(stderr));
      },
    }),
    info: call({
      doc: 'What is known of a user; empty if there is none.',
      examples: ["tsalt '*' user.info root"],
      args: { name, root },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const user = await userNamed(ctx, args.name, args.root);
        return user === undefined ? {} : await infoOf(ctx, user);
      },
    }),
    getent: call({
      doc: 'What is known of all users.',
      examples: ["tsalt '*' user.getent"],
      args: { refresh: { type: 'boolean', default: false, doc: 'not used: nothing is remembered' }, root },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const known = await groups(ctx);
        const infos = [];
        for (const user of await users(ctx, args.root)) infos.push(await infoOf(ctx, user, known));
        return infos;
      },
    }),
    list_users: call({
      doc: 'The names of all users.',
      examples: ["tsalt '*' user.list_users"],
      args: { root },
      changes: false,
      run: async (ctx, args) => (await users(ctx, args.root)).map((user) => user.name).sort(),
    }),
    list_groups: call({
      doc: 'The names of the groups a user is in.',
      examples: ["tsalt '*' user.list_groups foo"],
      args: { name },
      changes: false,
      run: (ctx, args) => groupNames(ctx, args.name),
    }),
    primary_group: call({
      doc: "The name of a user's primary group.",
      examples: ["tsalt '*' user.primary_group foo"],
      args: { name },
      changes: false,
      run: (ctx, args) => ctx.call('cmd.run', [['id', '-g', '-n', args.name]]),
    }),
    chuid: call({
      doc: 'Change the number of a user.',
      examples: ["tsalt '*' user.chuid foo 4376"],
      args: { name, uid: { type: 'any', required: true, doc: 'the new number' }, root },
      changes: true,
      run: (ctx, args) => change(ctx, args.name, 'uid', args.uid, ['-u'], args.root),
    }),
    chgid: call({
      doc: 'Change the primary group of a user.',
      examples: ["tsalt '*' user.chgid foo 4376"],
      args: { name, gid: { type: 'any', required: true, doc: "the group's number" }, root },
      changes: true,
      run: (ctx, args) => change(ctx, args.name, 'gid', args.gid, ['-g'], args.root),
    }),
    chshell: call({
      doc: 'Change the login shell of a user.',
      examples: ["tsalt '*' user.chshell foo /bin/zsh"],
      args: { name, shell: { type: 'string', required: true, doc: 'the new shell' }, root },
      changes: true,
      run: (ctx, args) => change(ctx, args.name, 'shell', args.shell, ['-s'], args.root),
    }),
    chhome: call({
      doc: 'Change the home directory of a user.',
      examples: ["tsalt '*' user.chhome foo /home/users/foo True"],
      args: {
        name,
        home: { type: 'string', required: true, doc: 'the new directory' },
        persist: { type: 'boolean', default: false, doc: 'move what the old one holds' },
        root,
      },
      changes: true,
      run: (ctx, args) => change(ctx, args.name, 'home', args.home, [...(args.persist ? ['-m'] : []), '-d'], args.root),
    }),
    chgroups: call({
      doc: 'Change the further groups of a user.',
      examples: ["tsalt '*' user.chgroups foo wheel,root", "tsalt '*' user.chgroups foo wheel,root append=True"],
      args: {
        name,
        groups: { type: 'any', required: true, doc: 'a list, or names with commas between' },
        append: { type: 'boolean', default: false, doc: 'keep the groups it is in' },
        root,
      },
      changes: true,
      run: (ctx, args) => changeGroups(ctx, args.name, args.groups, args.append, args.root),
    }),
    chfullname: gecosCall('chfullname', 'fullname', 'the full name', '"Foo Bar"'),
    chroomnumber: gecosCall('chroomnumber', 'roomnumber', 'the room number', '123'),
    chworkphone: gecosCall('chworkphone', 'workphone', 'the phone at work', '7735550123'),
    chhomephone: gecosCall('chhomephone', 'homephone', 'the phone at home', '7735551234'),
    chother: gecosCall('chother', 'other', 'what else is to be remembered', 'fubar'),
    chloginclass: call({
      doc: 'Change the login class of a user: OpenBSD only, False elsewhere.',
      examples: ["tsalt '*' user.chloginclass foo staff"],
      args: { name, loginclass: { type: 'string', required: true, doc: 'the new class' }, root },
      changes: false,
      run: () => false,
    }),
    get_loginclass: call({
      doc: 'The login class of a user: OpenBSD only, False elsewhere.',
      examples: ["tsalt '*' user.get_loginclass foo"],
      args: { name },
      changes: false,
      run: () => false,
    }),
    rename: call({
      doc: 'Change the name of a user.\n\nAs in Salt, False also when it worked: the old name is looked up afterwards.',
      examples: ["tsalt '*' user.rename name new_name"],
      args: { name, new_name: { type: 'string', required: true, doc: 'the new name' }, root },
      changes: true,
      async run(ctx, args) {
        if ((await userNamed(ctx, args.new_name, args.root)) !== undefined)
          throw new CommandFailed(`User '${args.new_name}' already exists`);
        return change(ctx, args.name, 'name', args.new_name, ['-l'], args.root);
      },
    }),
  },
});

const hasGroups = (wanted: Returnable | undefined): boolean =>
  Array.isArray(wanted) ? wanted.length > 0 : wanted !== undefined && wanted !== null && wanted !== '';
