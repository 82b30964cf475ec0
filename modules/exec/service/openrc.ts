import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { CommandFailed, type Ctx, type Ran } from '../../define.ts';
import { InitScripts } from './initscripts.ts';
import type { ServiceManager } from './manager.ts';

const text = (bytes: Buffer): string => bytes.toString('utf8').trim();

/** Services in runlevels, from `rc-update show`: ` sshd | default nonetwork`. */
export const parseRunlevels = (output: string): Map<string, string[]> => {
  const found = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const [name = '', levels] = line.split('|').map((part) => part.trim());
    if (name !== '' && levels !== undefined && levels !== '') found.set(name, levels.split(/\s+/));
  }
  return found;
};

/** OpenRC: Alpine, Gentoo. */
export const createOpenrc = (scripts = '/etc/init.d'): ServiceManager => {
  const { checked } = InitScripts;
  const service = (ctx: Ctx, name: string, verb: string): Promise<Ran> => ctx.spawn(['rc-service', checked(name), verb]);
  const runlevels = async (ctx: Ctx): Promise<Map<string, string[]>> => {
    const ran = await ctx.spawn(['rc-update', 'show']);
    if (ran.code !== 0) throw new CommandFailed(`rc-update show failed: ${text(ran.stderr)}`);
    return parseRunlevels(text(ran.stdout));
  };
  const current = async (ctx: Ctx): Promise<string> => text((await ctx.spawn(['rc-status', '--runlevel'])).stdout) || 'default';
  const all = async (): Promise<string[]> => (await readdir(scripts).catch(() => [])).filter((name) => !/\.sh$|^README$/.test(name)).sort();
  const update = async (ctx: Ctx, verb: 'add' | 'delete', name: string): Promise<boolean> => {
    const ran = await ctx.spawn(['rc-update', verb, checked(name), await current(ctx)]);
    if (ran.code === 0) return true;
    ctx.retcode(ran.code);
    ctx.log.error(`rc-update ${verb} ${name} ended with ${ran.code}: ${text(ran.stderr) || text(ran.stdout)}`);
    return false;
  };
  return {
    name: 'openrc',
    serves: (host) => host.which('rc-service') !== undefined && host.which('rc-update') !== undefined && existsSync(scripts),
    async act(ctx, action, name) {
      // A script need not know force-reload.
      const ran = await service(ctx, name, action === 'force-reload' ? 'reload' : action);
      if (ran.code === 0) return true;
      ctx.retcode(ran.code);
      ctx.log.error(`rc-service ${name} ${action} ended with ${ran.code}: ${text(ran.stderr) || text(ran.stdout)}`);
      return false;
    },
    active: async (ctx, name) => (await service(ctx, name, 'status')).code === 0,
    available: async (_ctx, name) => (await all()).includes(name),
    enabled: async (ctx, name) => (await runlevels(ctx)).has(name),
    enable: async (ctx, name) => (await runlevels(ctx)).has(name) || update(ctx, 'add', name),
    disable: async (ctx, name) => !(await runlevels(ctx)).has(name) || update(ctx, 'delete', name),
    all,
    async listed(ctx, state) {
      const on = await runlevels(ctx);
      return state === 'enabled' ? [...on.keys()].sort() : (await all()).filter((name) => !on.has(name));
    },
  };
};
