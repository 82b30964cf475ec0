import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MANIFEST, manifestText, SIGNATURE, signatureOf, sumsOf } from '../kernel/signing/manifest.ts';
import { messageOf } from '../protocol/errors.ts';

const USAGE = `usage: tsalt-sign --key FILE ROOT...      sign the custom modules below each root of files
       tsalt-sign --generate FILE          make an Ed25519 key: FILE, and FILE.pub for the minions
`;

/** `tsalt-sign`: writes the signed list of custom modules that minions with \`modules_require_signature\` ask for. Answers the exit code. */
export function main(argv: readonly string[], say: (text: string) => void, complain: (text: string) => void): number {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { key: { type: 'string' }, generate: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    if (values.help === true) say(USAGE);
    else if (values.generate !== undefined) generate(values.generate, say);
    else if (values.key === undefined || positionals.length === 0) throw new Error(`a key and a root are needed\n${USAGE}`);
    else for (const root of positionals) signRoot(root, privateKeyOf(values.key), say);
    return 0;
  } catch (error) {
    complain(`tsalt-sign: ${messageOf(error)}\n`);
    return 1;
  }
}

function generate(file: string, say: (text: string) => void): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  writeFileSync(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
  say(`${file}: keep it from the master; ${file}.pub: for modules_signing_keys of the minions\n`);
}

function privateKeyOf(file: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(file));
  } catch (error) {
    throw new Error(`${file} holds no private key in PEM: ${messageOf(error)}`);
  }
}

function signRoot(root: string, key: KeyObject, say: (text: string) => void): void {
  const sums = sumsOf(root);
  const manifest = manifestText(sums);
  writeFileSync(join(root, MANIFEST), manifest);
  writeFileSync(join(root, SIGNATURE), signatureOf(manifest, key));
  say(`${root}: ${sums.size} files signed\n`);
}
