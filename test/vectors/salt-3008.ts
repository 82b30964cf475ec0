import { readFileSync } from 'node:fs';

/** One recorded frame; the fields are explained in README.md. */
export interface Vector {
  readonly name: string;
  readonly kind: 'req' | 'rep' | 'pub';
  readonly frame: Uint8Array;
  readonly envelope: Readonly<Record<string, unknown>>;
  readonly decoded: unknown;
  readonly crypticleKey: string | undefined;
  readonly plaintext: Uint8Array | undefined;
  readonly nonce: string | undefined;
  readonly aesKey: string | undefined;
  readonly sessionKey: string | undefined;
  readonly aesDigest: string | undefined;
}

export interface VectorKeys {
  readonly masterPrivate: string;
  readonly masterPublic: string;
  readonly minionId: string;
  readonly minionPrivate: string;
  readonly minionPublic: string;
}

const raw = JSON.parse(readFileSync(new URL('./salt-3008.json', import.meta.url), 'utf8'));

export const keys: VectorKeys = {
  masterPrivate: raw.keys.master_private_pem,
  masterPublic: raw.keys.master_public_pem.trim(),
  minionId: raw.keys.minion_id,
  minionPrivate: raw.keys.minion_private_pem,
  minionPublic: raw.keys.minion_public_pem.trim(),
};

/** As the decoder makes it: maps without prototype, `{"$b64": ...}` as bytes. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  const base64 = Reflect.get(value, '$b64');
  if (typeof base64 === 'string') return new Uint8Array(Buffer.from(base64, 'base64'));
  const map: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) map[key] = revive(inner);
  return map;
}

const bytes = (base64: unknown): Uint8Array | undefined => (typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined);

export const vectors: readonly Vector[] = raw.vectors.map(
  (vector: Record<string, unknown>): Vector => ({
    name: String(vector['name']),
    kind: vector['kind'] as Vector['kind'],
    frame: bytes(vector['frame_b64']) ?? new Uint8Array(),
    envelope: revive(vector['envelope'] ?? {}) as Vector['envelope'],
    decoded: revive(vector['decoded']),
    crypticleKey: vector['crypticle_key'] as string | undefined,
    plaintext: bytes(vector['plaintext_b64']),
    nonce: vector['nonce'] as string | undefined,
    aesKey: vector['aes_key'] as string | undefined,
    sessionKey: vector['session_key'] as string | undefined,
    aesDigest: vector['aes_sha256_hex'] as string | undefined,
  }),
);

/** @throws Error when there is no vector of that name. */
export function vectorNamed(name: string): Vector {
  const vector = vectors.find((candidate) => candidate.name === name);
  if (vector === undefined) throw new Error(`no vector is named ${name}`);
  return vector;
}
