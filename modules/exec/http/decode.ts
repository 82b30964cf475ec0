import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import type { Reply } from './exchange.ts';
import { childrenOf } from './xml.ts';

/** The bytes of an answer, unpacked. Throws CommandFailed for a packing that is not known. */
const unpacked = (reply: Reply): Buffer => {
  const coding = reply.headers['Content-Encoding'] ?? 'identity';
  if (reply.body.length === 0) return reply.body;
  if (coding === 'gzip') return gunzipSync(reply.body);
  if (coding === 'deflate') return (reply.body[0] ?? 0) % 16 === 8 ? inflateSync(reply.body) : inflateRawSync(reply.body);
  const name = { sdch: 'SDCH', br: 'Brotli', compress: 'LZW' }[coding];
  if (name !== undefined) throw new CommandFailed(`${name} compression is not currently supported`);
  return reply.body;
};

/** The body as text: in the charset it names if it is a text, in UTF-8 otherwise; bytes if not even that is wanted. */
export const bodyOf = (reply: Reply, asText: boolean): string | Uint8Array => {
  const [, charset] = /^text\/.*;\s*charset="?([^";\s]+)/i.exec(reply.headers['Content-Type'] ?? '') ?? [];
  const bytes = unpacked(reply);
  if (charset === undefined && !asText) return new Uint8Array(bytes);
  try {
    return new TextDecoder(charset ?? 'utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandFailed(`the answer of ${reply.url} is not text in ${charset ?? 'utf-8'}: ask for it with decode_body=False`);
  }
};

const FORMATS = ['xml', 'json', 'yaml'];

/** `auto` by what the server says it is. */
const formatOf = (asked: string, type: string): string =>
  asked === 'auto' ? (FORMATS.find((name) => type.includes(name)) ?? 'plain') : asked;

/** What the answer holds: `dict`, or for plain text nothing more; or `error`. */
export const decoded = async (
  ctx: Ctx,
  asked: string,
  type: string,
  body: string | Uint8Array,
): Promise<{ readonly dict?: Returnable; readonly error?: string; readonly plain?: true }> => {
  const format = formatOf(asked, type);
  if (format === 'plain') return { plain: true };
  if (!FORMATS.includes(format))
    return { error: "Invalid decode_type specified. Valid decode types are: ('json', 'xml', 'yaml', 'plain')" };
  const text = typeof body === 'string' ? body : Buffer.from(body).toString();
  return { dict: format === 'xml' ? childrenOf(text) : await ctx.call('slsutil.deserialize', [format, text]) };
};
