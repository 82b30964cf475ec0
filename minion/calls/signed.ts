import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST, publicKeyOf, SIGNATURE, type Sums, verifiedSums } from '../../kernel/signing/manifest.ts';
import { messageOf } from '../../protocol/errors.ts';
import { hashFile } from '../files/hashes.ts';
import type { Ports } from './ports.ts';

/** Says of a file of an environment why it must not be used; undefined where it may. */
export type Check = (path: string, cached: string) => Promise<string | undefined>;

const anything: Check = async () => undefined;

/** The check that `modules_require_signature` asks for, by the environment's signed manifest. Never rejects. */
export async function signatureCheck(ports: Pick<Ports, 'files' | 'paths' | 'options'>, env: string): Promise<Check> {
  if (ports.options()['modules_require_signature'] !== true) return anything;
  let sums: Sums;
  try {
    sums = await signedSums(ports, env);
  } catch (error) {
    const why = messageOf(error);
    return async () => why;
  }
  return async (path, cached) => {
    const wanted = sums.get(path);
    if (wanted === undefined) return `${MANIFEST} does not list it`;
    return (await hashFile(cached, 'sha256')) === wanted ? undefined : `it is not the file that was signed`;
  };
}

async function signedSums({ files, paths, options }: Pick<Ports, 'files' | 'paths' | 'options'>, env: string): Promise<Sums> {
  const configured = options()['modules_signing_keys'];
  const named = Array.isArray(configured) ? configured.map(String) : [];
  const keys = (named.length === 0 ? [join(paths.pkiDir, 'minion_master.pub')] : named).map(publicKeyOf);
  const [manifest, signature] = await Promise.all([MANIFEST, SIGNATURE].map((name) => files.cache(`salt://${name}`, env)));
  if (manifest === undefined || signature === undefined) throw new Error(`the environment ${env} has no ${MANIFEST} with its signature`);
  return verifiedSums(await readFile(manifest, 'utf8'), await readFile(signature, 'utf8'), keys);
}
