import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandFailed, call, type Returnable } from '../../../define.ts';
import { accountOf } from './place.ts';

const KINDS = ['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519'];

/** The files to look for: the one named, the usual ones, or with False none. */
const wantedFiles = (given: Returnable | undefined, usual: readonly string[]): readonly string[] =>
  given ? [String(given)] : given === false ? [] : usual;

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (failure) {
    const { code, errno, message } = failure as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new CommandFailed(`${path} does not exist`);
    if (code === 'EACCES') throw new CommandFailed(`Permission denied reading from ${path}`);
    throw new CommandFailed(`Error ${Math.abs(errno ?? 0)} encountered reading from ${path}: ${message}`);
  }
}

export const owning = {
  host_keys: call({
    doc: "The machine's own keys, by kind.\n\nPrivate keys are among them unless `private` is False.",
    examples: ["tsalt '*' ssh.host_keys private=False"],
    args: {
      keydir: { type: 'string', doc: 'where they are; /etc/ssh without' },
      private: { type: 'boolean', default: true, doc: 'private keys, too' },
      certs: { type: 'boolean', default: true, doc: 'certificates, too' },
    },
    changes: false,
    async run(_ctx, args): Promise<Returnable> {
      const folder = args.keydir || '/etc/ssh';
      const found: Record<string, string> = {};
      for (const name of await readdir(folder)) {
        const [, kind, pub = '', cert] = /^ssh_host_(.+)_key((-cert)?\.pub)?/.exec(name) ?? [];
        if (kind === undefined || (pub === '' && !args.private) || (cert !== undefined && !args.certs)) continue;
        found[kind + pub] = (await readFile(join(folder, name), 'utf8').catch(() => '')).trim();
      }
      return found;
    },
  }),
  user_keys: call({
    doc: "Users' own keys, by user and file.\n\nPrivate keys are among them unless `prvfile` is False.",
    examples: ["tsalt '*' ssh.user_keys user=user1 prvfile=False"],
    args: {
      user: { type: 'any', doc: 'a user, or a list; all without' },
      pubfile: { type: 'any', doc: 'the file of the public key; False for none' },
      prvfile: { type: 'any', doc: 'the file of the private key; False for none' },
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const users = args.user ? [args.user].flat() : ((await ctx.call('user.list_users')) as Returnable[]);
      const files = [
        ...wantedFiles(
          args.pubfile,
          KINDS.map((kind) => `${kind}.pub`),
        ),
        ...wantedFiles(args.prvfile, KINDS),
      ];
      const found: Record<string, Returnable> = {};
      for (const user of users.map(String)) {
        const account = await accountOf(ctx, user);
        if (account === undefined) continue;
        const keys: Record<string, string> = {};
        for (const file of files) {
          const text = await readFile(file.startsWith('/') ? file : join(account.home, '.ssh', file), 'utf8').catch(() => undefined);
          if (text !== undefined) keys[basename(file)] = text.trim();
        }
        if (Object.keys(keys).length > 0) found[user] = keys;
      }
      return found;
    },
  }),
  key_is_encrypted: call({
    doc: 'Whether a private key needs a passphrase.\n\nKeys in the format of OpenSSH always answer False, as in Salt: their head does not tell.',
    examples: ["tsalt '*' ssh.key_is_encrypted /root/id_rsa"],
    args: { key: { type: 'string', required: true, doc: 'its file' } },
    changes: false,
    async run(_ctx, args) {
      const text = await readKey(args.key);
      if (!/BEGIN (?:\w+\s)*PRIVATE KEY/.test(text)) throw new CommandFailed(`${args.key} is not a private key`);
      return text.includes('ENCRYPTED');
    },
  }),
};
