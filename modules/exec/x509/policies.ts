import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { makeCertificate, modern, type Wishes } from './building.ts';
import { type Certificate, certificateOf, requestOf } from './certificate.ts';
import { isMap } from './general_names.ts';
import { isPasswordRefused, privateKeyOf, publicKeyOf, publicPem, spkiOf } from './keys.ts';
import { ATTRIBUTES } from './names.ts';
import { pem } from './sources.ts';

/** A signing policy of the pillar or the configuration; empty if there is none of that name. */
export async function policyNamed(ctx: Ctx, name: string | undefined): Promise<Wishes> {
  if (name === undefined) return {};
  const listed = [ctx.pillar['x509_signing_policies'], await ctx.call('config.get', ['x509_signing_policies', {}])];
  const found = listed.map((policies) => (isMap(policies) ? policies[name] : undefined)).find(Boolean);
  // A policy may be a list of maps of one key each.
  return Array.isArray(found) ? Object.assign({}, ...found.filter(isMap)) : isMap(found) ? found : {};
}

/** The wishes with what the policy says in their place. */
export function under(policy: Wishes, wishes: Wishes): Wishes {
  if (Object.keys(policy).length === 0) return wishes;
  const rest: Record<string, Returnable> = { ...modern(wishes) };
  const said: Record<string, Returnable> = { ...policy };
  const [wished, set] = [rest['subject'], said['subject']];
  if (Object.keys(ATTRIBUTES).some((name) => name in said)) delete rest['subject'];
  else if (isMap(wished) && isMap(set)) said['subject'] = { ...wished, ...set };
  else if (Array.isArray(wished) && Array.isArray(set)) said['subject'] = [...(set as Returnable[]), ...(wished as Returnable[])];
  return { ...rest, ...said };
}

/** What a minion that signs answers to `sign_remote_certificate`. */
async function askAuthority(ctx: Ctx, server: string, policy: string, wishes: Wishes, onlyPolicy: boolean): Promise<Returnable> {
  const answer = await ctx.call('publish.publish', [server, 'x509.sign_remote_certificate'], {
    arg: [policy, wishes, onlyPolicy],
    timeout: 60,
  });
  const [first] = isMap(answer) ? Object.values(answer) : [];
  if (first === undefined) {
    throw new CallRefused('ca_server did not respond. Salt master must permit peers to call the sign_remote_certificate function.');
  }
  if (!isMap(first) || !('data' in first)) {
    ctx.log.error(`Received invalid return value from ca_server: ${JSON.stringify(first)}`);
    throw new CommandFailed('Received invalid return value from ca_server. See minion log for details');
  }
  const errors = Array.isArray(first['errors']) ? first['errors'] : [];
  if (errors.length > 0) throw new CommandFailed(`ca_server reported errors:\n${errors.map(String).join('\n')}`);
  return first['data'] ?? null;
}

/** Has a certificate made by another minion. Private keys do not leave this one. */
export async function certificateFrom(ctx: Ctx, server: string, policy: string, wishes: Wishes): Promise<Certificate> {
  const { private_key: key, private_key_passphrase: passphrase, ...rest } = wishes;
  const sent: Record<string, Returnable> = { ...rest };
  for (const name of Object.keys(sent)) if (name.startsWith('_')) delete sent[name];
  if (key) sent['public_key'] = spkiOf(privateKeyOf(key, passphrase == null ? undefined : String(passphrase)));
  else if (sent['public_key']) sent['public_key'] = spkiOf(publicKeyOf(sent['public_key']));
  if (sent['csr']) sent['csr'] = requestOf(sent['csr']).der;
  const answer = await askAuthority(ctx, server, policy, sent, false);
  try {
    return certificateOf(answer);
  } catch (error) {
    if (error instanceof CallRefused) throw new CommandFailed(`ca_server did not return a certificate: ${String(answer)}`);
    throw error;
  }
}

/** A signing policy of this minion, or of the one that signs. */
export async function policyShown(ctx: Ctx, name: string, server: string | undefined): Promise<Wishes> {
  if (server === undefined) return modern(await policyNamed(ctx, name));
  const policy = await askAuthority(ctx, server, name, {}, true);
  if (!isMap(policy)) return {};
  return modern(
    policy['signing_cert'] ? { ...policy, signing_cert: pem('CERTIFICATE', certificateOf(policy['signing_cert']).der) } : policy,
  );
}

const answer = (data: Returnable, ...errors: readonly string[]): Returnable => ({ data, errors });
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Signs for another minion, if the policy permits that one. Whatever goes wrong is in the answer. */
export async function signFor(ctx: Ctx, name: string, wishes: Wishes, onlyPolicy: boolean): Promise<Returnable> {
  const policy: Record<string, Returnable> = { ...(await policyNamed(ctx, name)) };
  if (Object.keys(policy).length === 0) return answer(null, 'signing_policy must be specified and defined on signing minion');
  const minions = policy['minions'];
  delete policy['minions'];
  const refused = minions === undefined ? undefined : await whyNot(ctx, String(minions), ctx.extra['__pub_id']);
  if (refused !== undefined) return answer(null, refused);
  try {
    if (onlyPolicy) return answer(publicPart(policy));
    const { ca_server: _server, ...rest } = under(policy, modern(wishes));
    return answer(makeCertificate(rest).der);
  } catch (error) {
    return answer(null, textOf(error));
  }
}

function publicPart({ signing_private_key: _key, signing_private_key_passphrase: _secret, ...policy }: Wishes): Returnable {
  return policy['signing_cert'] ? { ...policy, signing_cert: certificateOf(policy['signing_cert']).der } : policy;
}

async function whyNot(ctx: Ctx, minions: string, id: Returnable | undefined): Promise<string | undefined> {
  if (id === undefined || id === null) return 'minion sending this request could not be identified';
  const permitted = minions.includes('@')
    ? await matchesCompound(ctx, minions, id)
    : (await ctx.call('match.glob', [minions, id])) === true;
  return permitted ? undefined : 'minion not permitted to use specified signing policy';
}

/** Only the master knows what is needed to tell. */
async function matchesCompound(ctx: Ctx, expression: string, id: Returnable): Promise<boolean> {
  const found = await ctx.call('publish.runner', ['match.compound_matches'], { arg: [expression, id] });
  return isMap(found) && found['res'] === id;
}

/** The public key of a certificate, a public or private key, or a request, in PEM. Throws CommandFailed for anything else. */
export function publicKeyFrom(source: Returnable, passphrase?: string): string {
  const kinds = [
    () => publicKeyOf(source),
    () => certificateOf(source).key,
    () => privateKeyOf(source, passphrase),
    () => requestOf(source).key,
  ];
  for (const make of kinds) {
    try {
      return publicPem(make());
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      if (isPasswordRefused(error)) throw new CommandFailed(error.message);
    }
  }
  throw new CommandFailed('Could not load key as certificate, public key, private key or CSR');
}
