import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../protocol/errors.ts';
import type { Ctx, Returnable } from '../../define.ts';

/** Where distributions keep the certificates they trust. */
const SYSTEM = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/tls/certs/ca-bundle.trust.crt',
  '/etc/ssl/certs/ca-bundle.crt',
  '/var/lib/ca-certificates/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const rootsOf = (config: Returnable | undefined): string[] => {
  const base = typeof config === 'object' && config !== null && 'base' in config ? config.base : [];
  return Array.isArray(base) ? base.map(String) : [];
};

/** The file of trusted certificates: the option `ca_bundle`, one among the files, the system's; undefined if there is none. */
export const bundlePath = async (ctx: Ctx): Promise<string | undefined> => {
  const option = await ctx.call('config.option', ['ca_bundle']);
  const roots = rootsOf(ctx.config['file_roots'] as Returnable | undefined);
  const own = roots.flatMap((root) => [join(root, 'cacert.pem'), join(root, 'ca-bundle.crt')]);
  return [...(option ? [String(option)] : []), ...own, ...SYSTEM].find((path) => existsSync(path));
};

/** Puts further certificates behind those of a bundle. */
export const mergeInto = async (ctx: Ctx, target: string, given: Returnable): Promise<void> => {
  if (typeof given !== 'string' && !Array.isArray(given)) return ctx.log.error('merge_files must be a path or a list of paths');
  const texts: string[] = [];
  for (const path of [given].flat().map(String).filter(existsSync)) {
    const text = await readFile(path, 'utf8').catch((error: unknown) => ctx.log.error(`${path} cannot be read: ${messageOf(error)}`));
    if (text !== undefined) texts.push(text);
  }
  if (texts.length > 0) await appendFile(target, `\n${texts.map((text) => `\n${text}`).join('')}`);
};
