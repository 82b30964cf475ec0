import { CommandFailed, type Ctx, call, execModule } from '../../define.ts';
import { output } from './commands.ts';
import { readIfThere } from './files.ts';

/** Where a family keeps the layout when systemd does not. */
const FILES: Readonly<Record<string, { readonly path: string; readonly key: string }>> = {
  RedHat: { path: '/etc/sysconfig/keyboard', key: 'LAYOUT' },
  Debian: { path: '/etc/default/keyboard', key: 'XKBLAYOUT' },
  Gentoo: { path: '/etc/conf.d/keymaps', key: 'keymap' },
};

async function layoutOf(ctx: Ctx): Promise<string> {
  const file = FILES[ctx.host.osFamily];
  const isAsked = ctx.host.which('localectl') !== undefined;
  const told = isAsked ? await output(ctx, ['localectl']) : ((file && (await readIfThere(file.path))) ?? '');
  const [, layout] = (isAsked ? /Keymap: (.*)$/m : new RegExp(`^(?!#).*${file?.key}.*?=(.*)$`, 'm')).exec(told) ?? [];
  if (layout === undefined)
    throw new CommandFailed(`The keyboard layout is not told by ${isAsked ? `localectl: ${told}` : (file?.path ?? 'this system')}`);
  return layout.replaceAll('"', '');
}

const layout = { type: 'string', required: true, doc: 'the layout: `us`' } as const;

export default execModule({
  name: 'keyboard',
  doc: 'Layouts of the keyboard.',
  serves: (host) =>
    host.which('localectl') !== undefined ||
    host.osFamily in FILES ||
    'The keyboard exeuction module cannot be loaded: only works on Redhat, Debian or Gentoo systems or if localectl binary in path.',
  calls: {
    get_sys: call({
      doc: 'The layout of the console.',
      examples: ["tsalt '*' keyboard.get_sys"],
      args: {},
      changes: false,
      run: (ctx) => layoutOf(ctx),
    }),
    set_sys: call({
      doc: 'Set the layout of the console.',
      examples: ["tsalt '*' keyboard.set_sys dvorak"],
      args: { layout },
      changes: true,
      async run(ctx, args) {
        const file = FILES[ctx.host.osFamily];
        if (ctx.host.which('localectl') !== undefined) await output(ctx, ['localectl', 'set-keymap', args.layout]);
        else if (file !== undefined) await ctx.call('file.sed', [file.path, `^${file.key}=.*`, `${file.key}=${args.layout}`]);
        return args.layout;
      },
    }),
    get_x: call({
      doc: 'The layout of X.',
      examples: ["tsalt '*' keyboard.get_x"],
      args: {},
      changes: false,
      async run(ctx) {
        if (ctx.host.which('setxkbmap') === undefined) throw new CommandFailed("Command 'setxkbmap' cannot be found");
        const told = await output(ctx, ['setxkbmap', '-query']);
        const [, layout] = /^layout:\s*(.*?)\s*$/m.exec(told) ?? [];
        if (layout === undefined) throw new CommandFailed(`The layout of X is not told by setxkbmap: ${told}`);
        return layout;
      },
    }),
    set_x: call({
      doc: 'Set the layout of X.',
      examples: ["tsalt '*' keyboard.set_x dvorak"],
      args: { layout },
      changes: true,
      async run(ctx, args) {
        await output(ctx, ['setxkbmap', args.layout]);
        return args.layout;
      },
    }),
  },
});
