import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { isKind, type Kind, parseAcl, privilegesOf } from './acl.ts';
import { isOlder } from './loose.ts';
import { aclQuery, membersQuery, objectClause, ownerQuery, type Target } from './objects.ts';
import { does, LOGIN, query, RUNAS, type Server, versionOf } from './psql.ts';
import { named, word } from './quote.ts';

const { user, host, port, maintenance_db, password } = LOGIN;
const SERVER = { maintenance_db, user, host, port, password, ...RUNAS } as const;
const name = { type: 'string', required: true, doc: 'the role' } as const;
const object_name = { type: 'string', required: true, doc: 'what it may use; a function with the types of its arguments' } as const;
const object_type = {
  type: 'string',
  required: true,
  doc: 'table, sequence, schema, tablespace, language, database, function, or group',
} as const;
const privileges = { type: 'string', doc: 'names with commas between, or ALL; none for a group' } as const;
const grant_option = { type: 'boolean', doc: 'it may give them to others, too' } as const;
const prepend = { type: 'string', default: 'public', doc: 'the schema of a table, sequence or function' } as const;

interface Asked extends Server {
  readonly name: string;
  readonly object_name: string;
  readonly object_type: string;
  readonly privileges: string | undefined;
  readonly grant_option?: boolean | undefined;
  readonly prepend: string;
}

const kindOf = (text: string): Kind | 'group' => {
  const kind = text.toLowerCase();
  if (kind === 'group' || isKind(kind)) return kind;
  throw new CallRefused(`Invalid object_type: ${kind} provided`);
};

/** The privileges asked for in capitals. Throws CallRefused for one that there is not for such an object. */
function wordsOf(kind: Kind | 'group', given: string | undefined): string[] {
  if (kind === 'group') {
    if (given) throw new CallRefused('The privileges option should not be set for object_type group');
    return [];
  }
  const words = (given ?? '').toUpperCase().split(/\s?,\s?/);
  const known = [...privilegesOf(kind), 'ALL'];
  if (words.some((one) => !known.includes(one))) throw new CallRefused(`Invalid privilege(s): ${given ?? ''} provided for object ${kind}`);
  return words;
}

async function members(ctx: Ctx, server: Server, group: string): Promise<Record<string, boolean>> {
  const rows = await query(ctx, server, membersQuery(group));
  return Object.fromEntries(rows.map((row) => [row['rolname'] ?? '', row['admin_option'] === 't']));
}

async function privilegesOn(ctx: Ctx, server: Server, target: Target): Promise<ReturnType<typeof parseAcl>> {
  return Object.assign({}, ...(await query(ctx, server, aclQuery(target))).map((row) => parseAcl(row['name'] ?? '')));
}

async function has(ctx: Ctx, asked: Asked): Promise<boolean> {
  const kind = kindOf(asked.object_type);
  const words = wordsOf(kind, asked.privileges);
  if (kind === 'group') {
    const admin = (await members(ctx, asked, asked.object_name))[asked.name];
    return admin !== undefined && (admin || !asked.grant_option);
  }
  const target: Target = { kind, name: asked.object_name, schema: asked.prepend };
  if ((await query(ctx, asked, ownerQuery(target)))[0]?.['name'] === asked.name) return true;
  const held = (await privilegesOn(ctx, asked, target))[asked.name];
  if (held === undefined) return false;
  if (!asked.grant_option && !words.includes('ALL')) return words.every((one) => Object.hasOwn(held, one));
  // As Salt has it, who may pass on is who may pass on everything.
  const all = await allOf(ctx, asked, kind);
  return all.every((one) => (asked.grant_option ? held[one] === true : Object.hasOwn(held, one)));
}

/** All the privileges this server knows for such an object. */
async function allOf(ctx: Ctx, server: Server, kind: Kind): Promise<string[]> {
  const all = privilegesOf(kind);
  if (!all.includes('MAINTAIN')) return all;
  return isOlder((await versionOf(ctx, server)) ?? '', '17') ? all.filter((one) => one !== 'MAINTAIN') : all;
}

export const privilegeCalls = {
  privileges_list: call({
    doc: 'Who may do what with an object: privileges by role, each with whether it may be passed on. Of a group its members.',
    examples: ["tsalt '*' postgres.privileges_list table_name table maintenance_db=db_name"],
    args: { name: object_name, object_type, prepend, ...SERVER },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const kind = kindOf(args.object_type);
      if (kind === 'group') return await members(ctx, args, args.name);
      return await privilegesOn(ctx, args, { kind, name: args.name, schema: args.prepend });
    },
  }),
  has_privileges: call({
    doc: 'Whether a role has privileges on an object, or is in a group.',
    examples: ["tsalt '*' postgres.has_privileges user_name table_name table SELECT,INSERT maintenance_db=db_name"],
    args: { name, object_name, object_type, privileges, grant_option, prepend, ...SERVER },
    changes: false,
    run: (ctx, args) => has(ctx, args),
  }),
  privileges_grant: call({
    doc: 'Give a role privileges on an object, or take it into a group. False if it has them.',
    examples: ["tsalt '*' postgres.privileges_grant user_name table_name table SELECT,UPDATE maintenance_db=db_name"],
    args: { name, object_name, object_type, privileges, grant_option, prepend, ...SERVER },
    changes: true,
    async run(ctx, args) {
      const kind = kindOf(args.object_type);
      const words = wordsOf(kind, args.privileges);
      if (await has(ctx, { ...args, grant_option: undefined })) {
        ctx.log.info(`${args.name} has these privileges on the ${kind} ${args.object_name}: ${args.privileges ?? 'member'}`);
        return false;
      }
      if (kind === 'group') {
        const admin = args.grant_option ? ' WITH ADMIN OPTION' : '';
        return await does(ctx, args, `GRANT ${word(args.object_name)} TO ${named(args.name)}${admin}`);
      }
      const on = objectClause({ kind, name: args.object_name, schema: args.prepend });
      const passing = args.grant_option ? ' WITH GRANT OPTION' : '';
      return await does(ctx, args, `GRANT ${words.join(',')} ON ${on} TO ${named(args.name)}${passing}`);
    },
  }),
  privileges_revoke: call({
    doc: 'Take privileges on an object from a role, or take it out of a group. False if it has them not.',
    examples: ["tsalt '*' postgres.privileges_revoke user_name table_name table SELECT,UPDATE maintenance_db=db_name"],
    args: { name, object_name, object_type, privileges, prepend, ...SERVER },
    changes: true,
    async run(ctx, args) {
      const kind = kindOf(args.object_type);
      const words = wordsOf(kind, args.privileges);
      if (!(await has(ctx, args))) {
        ctx.log.info(`${args.name} has not these privileges on the ${kind} ${args.object_name}: ${args.privileges ?? 'member'}`);
        return false;
      }
      if (kind === 'group') return await does(ctx, args, `REVOKE ${word(args.object_name)} FROM ${word(args.name)}`);
      const on = objectClause({ kind, name: args.object_name, schema: args.prepend });
      return await does(ctx, args, `REVOKE ${words.join(',')} ON ${on} FROM ${named(args.name)}`);
    },
  }),
};
