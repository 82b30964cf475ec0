import { type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { chroot, execute, wordOf } from './commands.ts';
import { hashPassword, randomPassword } from './crypt/index.ts';
import { asInfo, type ShadowKey, shadowLines, shadowOf, writePassword } from './shadowfile.ts';

const name = { type: 'string', required: true, doc: 'the user' } as const;
const root = { type: 'string', doc: 'the root of another tree, for chroot' } as const;

/** Sets a field by chage. What it holds afterwards decides, or (where the system rewrites dates) what chage says. */
async function setDays(ctx: Ctx, user: string, field: Field, value: Returnable, tree?: string): Promise<boolean> {
  const before = await shadowOf(user, tree);
  if (before.name === '') return false;
  if (before[field.key] === value) return true;
  const { retcode } = await execute(ctx, ['chage', ...chroot(tree), field.option, value, user]);
  return field.isDate ? retcode === 0 : (await shadowOf(user, tree))[field.key] === value;
}

interface Field {
  readonly key: ShadowKey;
  readonly option: string;
  readonly isDate?: boolean;
}

const settingDays = (fun: string, argument: string, field: Field, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' shadow.${fun} username 7`],
    args: { name, [argument]: { type: 'any', required: true, doc: 'days; dates as days since 1970' }, root },
    changes: true,
    run: (ctx, args) => setDays(ctx, String(args['name']), field, args[argument] as Returnable, args['root'] as string | undefined),
  });

/** Locks or unlocks a password by passwd; true if it is so afterwards. */
async function lock(ctx: Ctx, user: string, locked: boolean, tree?: string): Promise<boolean> {
  const before = await shadowOf(user, tree);
  if (before.name === '') return false;
  const isLocked = (hash: string | number): boolean => String(hash).startsWith('!');
  if (isLocked(before.passwd) === locked) return true;
  await execute(ctx, ['passwd', ...chroot(tree), locked ? '-l' : '-u', user]);
  return isLocked((await shadowOf(user, tree)).passwd) === locked;
}

export default execModule({
  name: 'shadow',
  doc: 'Passwords of users, and how long they are good for.',
  serves: (host) => host.which('chage') !== undefined || 'chage is not here',
  calls: {
    default_hash: call({
      doc: 'What stands for a password that nobody set.',
      examples: ["tsalt '*' shadow.default_hash"],
      args: {},
      changes: false,
      run: () => '!',
    }),
    info: call({
      doc: "What shadow says of a user: `-1` for days that are not set; empty texts if there is none.\n\nThe password's hash is among it.",
      examples: ["tsalt '*' shadow.info root"],
      args: { name, root },
      changes: false,
      run: async (_ctx, args): Promise<Returnable> => asInfo(await shadowOf(args.name, args.root)),
    }),
    list_users: call({
      doc: 'The names of all users that shadow has.',
      examples: ["tsalt '*' shadow.list_users"],
      args: { root },
      changes: false,
      run: async (_ctx, args) => (await shadowLines(args.root)).map(([user = '']) => user).sort(),
    }),
    set_inactdays: settingDays(
      'set_inactdays',
      'inactdays',
      { key: 'inact', option: '-I' },
      'Set after how many days without a new password the account is locked.',
    ),
    set_maxdays: settingDays('set_maxdays', 'maxdays', { key: 'max', option: '-M' }, 'Set for how many days a password is good.'),
    set_mindays: settingDays(
      'set_mindays',
      'mindays',
      { key: 'min', option: '-m' },
      'Set how many days must pass before a password is changed again.',
    ),
    set_warndays: settingDays(
      'set_warndays',
      'warndays',
      { key: 'warn', option: '-W' },
      'Set how many days before its end a user is warned.',
    ),
    set_date: settingDays('set_date', 'date', { key: 'lstchg', option: '-d', isDate: true }, 'Set when the password was changed.'),
    set_expire: settingDays(
      'set_expire',
      'expire',
      { key: 'expire', option: '-E', isDate: true },
      'Set when the account ends; -1 for never.',
    ),
    gen_password: call({
      doc: 'The hash of a password, as shadow holds it.\n\nThe password is an argument of the job, and so in the job cache: hash elsewhere what must stay secret.',
      examples: [
        "tsalt '*' shadow.gen_password 'I_am_password'",
        "tsalt '*' shadow.gen_password 'I_am_password' crypt_salt='I_am_salt' algorithm=sha256",
      ],
      args: {
        password: { type: 'any', required: true, doc: 'the password' },
        crypt_salt: { type: 'string', doc: 'the salt; one is made up without' },
        algorithm: { type: 'string', default: 'sha512', doc: 'sha512, sha256, md5, or with perl: blowfish, crypt' },
      },
      changes: false,
      run: (ctx, args) =>
        hashPassword(ctx, args.password === null ? randomPassword() : wordOf(args.password), args.crypt_salt, args.algorithm),
    }),
    del_password: call({
      doc: 'Take the password away: the user logs in without one.',
      examples: ["tsalt '*' shadow.del_password username"],
      args: { name, root },
      changes: true,
      async run(ctx, args) {
        await execute(ctx, ['passwd', ...chroot(args.root), '-d', args.name]);
        const after = await shadowOf(args.name, args.root);
        return after.passwd === '' && after.name === args.name;
      },
    }),
    lock_password: call({
      doc: 'Lock the password.',
      examples: ["tsalt '*' shadow.lock_password username"],
      args: { name, root },
      changes: true,
      run: (ctx, args) => lock(ctx, args.name, true, args.root),
    }),
    unlock_password: call({
      doc: 'Unlock the password.',
      examples: ["tsalt '*' shadow.unlock_password username"],
      args: { name, root },
      changes: true,
      run: (ctx, args) => lock(ctx, args.name, false, args.root),
    }),
    set_password: call({
      doc: 'Set the password of a user by its hash.',
      examples: ["tsalt '*' shadow.set_password root '$1$UYCIxa628.9qXjpQCjM4a..'"],
      args: {
        name,
        password: { type: 'string', required: true, doc: 'the hash' },
        use_usermod: { type: 'boolean', default: false, doc: 'by usermod, on whose command line others may see the hash' },
        root,
      },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const { code } = await ctx.spawn(['id', args.name]);
        if (code !== 0) {
          ctx.log.warn(`user ${args.name} does not exist, cannot set password`);
          return false;
        }
        if (/[:\n]/.test(args.password)) return false;
        if (args.use_usermod)
          await execute(ctx, ['usermod', ...chroot(args.root), '-p', args.password, args.name], { output_loglevel: 'quiet' });
        else if (!(await writePassword(args.name, args.password, args.root))) return {};
        return (await shadowOf(args.name, args.root)).passwd === args.password;
      },
    }),
  },
});
