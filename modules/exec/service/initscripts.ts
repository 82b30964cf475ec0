import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Ctx } from '../../define.ts';

/** The scripts of a tree's init.d, and the links that start them. */
export class InitScripts {
  readonly #etc: string;
  constructor(etc: string) {
    this.#etc = etc;
  }

  static checked(name: string): string {
    if (name === '' || name.startsWith('-') || /[\s\0/]/.test(name)) throw new CommandFailed(`'${name}' is not a service name`);
    return name;
  }

  get folder(): string {
    return join(this.#etc, 'init.d');
  }
  async names(): Promise<string[]> {
    return (await readdir(this.folder).catch(() => [])).filter((name) => name !== 'README');
  }
  async executable(_ctx: Ctx): Promise<string[]> {
    const names = await this.names();
    const can = names.map((name) =>
      access(join(this.folder, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    );
    const allowed = await Promise.all(can);
    return names.filter((_, index) => allowed[index]);
  }

  /** Those that have a link in the runlevel, or in that of the start of the system. */
  async enabled(ctx: Ctx): Promise<string[]> {
    const folders = ['rcS.d', `rc${await runlevel(ctx)}.d`].map((name) => readdir(join(this.#etc, name)).catch(() => []));
    const links = (await Promise.all(folders)).flat().filter((name) => name.startsWith('S'));
    return [...new Set(links.map((name) => name.replace(/^S\d*/, '')))].sort();
  }

  async enable(ctx: Ctx, name: string): Promise<boolean> {
    const argv = ctx.host.which('update-rc.d') === undefined ? ['chkconfig', name, 'on'] : ['update-rc.d', '-f', name, 'defaults', '99'];
    return (await ctx.spawn(argv)).code === 0;
  }
  async disable(ctx: Ctx, name: string): Promise<boolean> {
    const argv = ctx.host.which('update-rc.d') === undefined ? ['chkconfig', name, 'off'] : ['update-rc.d', '-f', name, 'remove'];
    return (await ctx.spawn(argv)).code === 0;
  }
}

/** A container has no runlevel; Debian's default is 2. As with Salt, not to know it is a failure that the job's return code tells. */
const runlevel = async (ctx: Ctx): Promise<string> => {
  if (ctx.host.which('runlevel') === undefined) return '2';
  const { code, stdout } = await ctx.spawn(['runlevel']);
  if (code !== 0) ctx.retcode(code);
  return /^\S+ (\S)/.exec(stdout.toString('utf8'))?.[1] ?? '2';
};
