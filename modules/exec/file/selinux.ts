import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';

const path = { type: 'string', required: true, doc: 'the path' } as const;

/** The context as `user:role:type:range`, or a text that there is none. */
export const selinuxContext = async (ctx: Ctx, place: string): Promise<string> => {
  const { code, stdout } = await ctx.spawn(['stat', '-c', '%C', place]);
  if (code !== 0) ctx.retcode(code);
  return code === 0 ? stdout.toString('utf8').trimEnd() : `No selinux context information is available for ${place}`;
};

interface Context {
  readonly user?: string | undefined;
  readonly role?: string | undefined;
  readonly type?: string | undefined;
  readonly range?: string | undefined;
}

/** Answers the new context, or false if nothing was asked for or chcon failed. */
export const changeContext = async (ctx: Ctx, place: string, wanted: Context, persist: boolean): Promise<string | false> => {
  const { user, role, type, range } = wanted;
  if (!user && !role && !type && !range) return false;
  if (persist) {
    const kept: Returnable = await ctx.call('selinux.fcontext_add_policy', [place], {
      sel_type: type ?? null,
      sel_user: user ?? null,
      sel_level: range ?? null,
    });
    if ((kept as { readonly retcode?: Returnable } | null)?.retcode !== 0)
      throw new CommandFailed(`Problem setting fcontext: ${JSON.stringify(kept)}`);
  }
  const options = [
    ['-u', user],
    ['-r', role],
    ['-t', type],
    ['-l', range],
  ].flatMap(([option, value]) => (option === undefined || !value ? [] : [option, value]));
  const { code } = await ctx.spawn(['chcon', ...options, place]);
  if (code !== 0) ctx.retcode(code);
  return code === 0 && selinuxContext(ctx, place);
};

export const selinux = {
  get_selinux_context: call({
    doc: 'The SELinux context of a path.',
    examples: ["tsalt '*' file.get_selinux_context /etc/hosts"],
    args: { path },
    changes: false,
    run: (ctx, args) => selinuxContext(ctx, args.path),
  }),
  set_selinux_context: call({
    doc: 'Set parts of the SELinux context of a path.',
    examples: ["tsalt '*' file.set_selinux_context path user=system_u type=etc_t"],
    args: {
      path,
      user: { type: 'string', doc: 'the user' },
      role: { type: 'string', doc: 'the role' },
      type: { type: 'string', doc: 'the type' },
      range: { type: 'string', doc: 'the range' },
      persist: { type: 'boolean', default: false, doc: 'keep it in the policy' },
    },
    changes: true,
    run: (ctx, { path: place, persist, ...wanted }) => changeContext(ctx, place, wanted, persist),
  }),
  restorecon: call({
    doc: 'Set the SELinux context of a path back to what the policy says.',
    examples: ["tsalt '*' file.restorecon /home/user/.ssh/authorized_keys"],
    args: { path, recursive: { type: 'boolean', default: false, doc: 'all that is below it' } },
    changes: true,
    async run(ctx, args) {
      const ran = await ctx.call('cmd.retcode', [['restorecon', args.recursive ? '-FR' : '-F', args.path]], { python_shell: false });
      return ran === 0;
    },
  }),
};
