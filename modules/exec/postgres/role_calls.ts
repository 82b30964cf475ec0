import { call, type Returnable } from '../../define.ts';
import { LOGIN, RUNAS } from './psql.ts';
import { createRole, removeRole, roleNamed, roles, updateRole } from './roles.ts';

const username = { type: 'string', required: true, doc: 'the role' } as const;
const withPassword = { type: 'boolean', default: false, doc: 'also the password as the server keeps it' } as const;

const createdb = { type: 'boolean', doc: 'may it create databases' } as const;
const createroles = { type: 'boolean', doc: 'may it create roles' } as const;
const inherit = { type: 'boolean', doc: 'may it all that the groups it is in may' } as const;
const login = { type: 'boolean', doc: 'may it log in' } as const;
const connlimit = { type: 'number', doc: 'how many connections it may have at once' } as const;
const encrypted = { type: 'any', doc: '`md5` or `scram-sha-256`, as which the password is sent; True: md5' } as const;
const superuser = { type: 'boolean', doc: 'may it everything' } as const;
const replication = { type: 'boolean', doc: 'may it replicate' } as const;
const rolepassword = { type: 'any', doc: 'its password, or what the server keeps of one' } as const;
const valid_until = { type: 'string', doc: 'the time until which its password is good' } as const;
const groups = { type: 'any', doc: 'the roles it becomes a member of: names with commas between, or a list' } as const;

export const roleCalls = {
  user_list: call({
    doc: 'All roles with what is known of them; False if the server does not answer.',
    examples: ["tsalt '*' postgres.user_list"],
    args: { ...LOGIN, ...RUNAS, return_password: withPassword },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => (await roles(ctx, args, args.return_password)) ?? false,
  }),
  role_get: call({
    doc: 'What is known of a role; None if there is none.',
    examples: ["tsalt '*' postgres.role_get postgres"],
    args: { name: username, ...LOGIN, ...RUNAS, return_password: withPassword },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => (await roleNamed(ctx, args, args.name, args.return_password)) ?? null,
  }),
  user_exists: call({
    doc: 'Whether there is such a role.',
    examples: ["tsalt '*' postgres.user_exists 'username'"],
    args: { name: username, ...LOGIN, ...RUNAS },
    changes: false,
    run: async (ctx, args) => (await roleNamed(ctx, args, args.name)) !== undefined,
  }),
  user_create: call({
    doc: 'Create a role that may log in. False if there is one of that name.',
    examples: ["tsalt '*' postgres.user_create 'username' rolepassword='rolepassword' encrypted=scram-sha-256"],
    args: {
      username,
      ...LOGIN,
      ...{ createdb, createroles, inherit, login, connlimit, encrypted, superuser, replication, rolepassword, valid_until, groups },
      ...RUNAS,
    },
    changes: true,
    run: (ctx, args) => createRole(ctx, args, 'user', args.username, args),
  }),
  user_update: call({
    doc: 'Change what a role may.',
    examples: ["tsalt '*' postgres.user_update 'username' rolepassword='rolepassword'"],
    args: {
      username,
      ...LOGIN,
      ...{ createdb, createroles, encrypted, superuser, inherit, login, connlimit, replication, rolepassword, valid_until, groups },
      ...RUNAS,
    },
    changes: true,
    run: (ctx, args) => updateRole(ctx, args, 'user', args.username, args),
  }),
  user_remove: call({
    doc: 'Remove a role. False if there is none of that name, or if it owns something.',
    examples: ["tsalt '*' postgres.user_remove 'username'"],
    args: { username, ...LOGIN, ...RUNAS },
    changes: true,
    run: (ctx, args) => removeRole(ctx, args, args.username),
  }),
  group_create: call({
    doc: 'Create a role that may not log in. False if there is one of that name.',
    examples: ["tsalt '*' postgres.group_create 'groupname' createdb=True"],
    args: {
      groupname: username,
      ...LOGIN,
      ...{ createdb, createroles, encrypted, login, inherit, superuser, replication, rolepassword, groups },
      ...RUNAS,
    },
    changes: true,
    run: (ctx, args) => createRole(ctx, args, 'group', args.groupname, args),
  }),
  group_update: call({
    doc: 'Change what a role may.',
    examples: ["tsalt '*' postgres.group_update 'groupname' createroles=True"],
    args: {
      groupname: username,
      ...LOGIN,
      ...{ createdb, createroles, encrypted, inherit, login, superuser, replication, rolepassword, groups },
      ...RUNAS,
    },
    changes: true,
    run: (ctx, args) => updateRole(ctx, args, 'group', args.groupname, args),
  }),
  group_remove: call({
    doc: 'Remove a role. False if there is none of that name, or if it owns something.',
    examples: ["tsalt '*' postgres.group_remove 'groupname'"],
    args: { groupname: username, ...LOGIN, ...RUNAS },
    changes: true,
    run: (ctx, args) => removeRole(ctx, args, args.groupname),
  }),
};
