import { readFileSync } from 'node:fs';
import { type ArgsOf, CallRefused } from '../../../modules/define.ts';
import { makeRequest, modern, type Wishes } from '../../../modules/exec/x509/building.ts';
import { type Request, requestOf } from '../../../modules/exec/x509/certificate.ts';
import { isPair } from '../../../modules/exec/x509/keys.ts';
import { rfc4514 } from '../../../modules/exec/x509/names.ts';
import { isPem } from '../../../modules/exec/x509/sources.ts';
import { type StateCtx, state, type Verdict } from '../../define.ts';
import { defined, extensionChanges, hasOtherDigest } from './compare.ts';
import { type Changes, type Look, managed, split } from './managed.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the file' },
  private_key: { type: 'any', required: true, doc: 'the private key it is for' },
  private_key_passphrase: { type: 'string', doc: 'its password' },
  digest: { type: 'string', default: 'sha256', doc: 'the digest that is signed' },
  encoding: { type: 'string', default: 'pem', doc: 'pem or der' },
  subject: { type: 'any', doc: 'the subject as a text, list or map; else its attributes' },
} as const;
type Args = ArgsOf<typeof ARGS>;

function look(args: Args, digest: string, wishes: Wishes, path: string | undefined, unlinked: boolean): Look {
  const { name, encoding, private_key, private_key_passphrase } = args;
  if (path === undefined) return { changes: { created: name, ...(unlinked ? { replaced: name } : {}) }, isAgain: false };
  const now = loaded(path);
  if (now === undefined) return { changes: { replaced: name }, isAgain: false };
  const changes: Changes = {};
  if (hasOtherDigest(now.algorithm, digest)) changes['digest'] = digest;
  if (encoding !== (isPem(readFileSync(path)) ? 'pem' : 'der')) changes['encoding'] = encoding;
  const wanted = requestOf(makeRequest(private_key, private_key_passphrase, digest, wishes));
  if (!isPair(now.key, wanted.key)) changes['private_key'] = true;
  if (!now.subjectDer.equals(wanted.subjectDer)) changes['subject_name'] = rfc4514(wanted.subject);
  const extensions = extensionChanges(now.extensions, wanted.extensions);
  if (extensions !== undefined) changes['extensions'] = extensions;
  return { changes, isAgain: true };
}

/** The request of a file, undefined when it is none. */
function loaded(path: string): Request | undefined {
  try {
    return requestOf(path);
  } catch (error) {
    if (error instanceof CallRefused) return undefined;
    throw error;
  }
}

async function check(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, encoding, private_key, private_key_passphrase, subject } = args;
  const { file, others } = split(ctx.extra);
  const { digest: older, ...wishes } = modern(others);
  const digest = String(older ?? args.digest);
  const given = { ...wishes, ...defined({ subject }) };
  return await managed(ctx, {
    name,
    noun: 'certificate signing request',
    file,
    isText: encoding === 'pem',
    look: (path, unlinked) => look(args, digest, given, path, unlinked),
    make: async (changes, path) => {
      if (path !== undefined && Object.keys(changes).every((key) => key === 'encoding'))
        return await ctx.call('x509.encode_csr', [path], { encoding });
      return await ctx.call('x509.create_csr', [], { ...given, ...defined({ private_key, private_key_passphrase, digest, encoding }) });
    },
  });
}

export const csr_managed = state({
  doc: 'A signing request for a private key.',
  examples: ['/etc/pki/www.csr:\n  x509.csr_managed:\n    - private_key: /etc/pki/www.key\n    - CN: www.example.org'],
  args: ARGS,
  extra: 'attributes of the subject (CN, O, ...); extensions (subjectAltName, ...); arguments of file.managed (user, mode, ...)',
  check,
});
