import type { Proof } from '../../master/client/contract.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { Chunk } from './body.ts';
import { clientNamed, type Person } from './clients.ts';
import { HttpProblem } from './problem.ts';
import { type Call, fromOf } from './route.ts';

/** Runs calls for a session, in order, one after another; one element of the answer for each. */
export async function runForSession(call: Call, chunks: readonly Chunk[]): Promise<unknown[]> {
  const { session, parts, request } = call;
  if (session === undefined) throw new HttpProblem(401, 'No authentication credentials given');
  const person = { client: parts.client.as({ token: session.token }, fromOf(request)), user: session.user, proof: 'token' };
  return await runAll(call, chunks, () => person);
}

/** Runs calls each of which says who asks. */
export const runForCredentials = async (call: Call, chunks: readonly Chunk[]): Promise<unknown[]> => {
  try {
    return await runAll(call, chunks, (chunk) => personOf(call, chunk));
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'not-authenticated') throw new HttpProblem(401, 'Authentication error occurred.');
    throw error;
  }
};

async function runAll({ parts }: Call, chunks: readonly Chunk[], personFor: (chunk: Chunk) => Person): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const chunk of chunks) {
    const client = clientNamed(chunk['client'], parts.options.clients);
    for await (const element of client(chunk, personFor(chunk))) all.push(element);
  }
  return all;
}

function personOf({ parts, request }: Call, chunk: Chunk): Person {
  const proof = proofOf(chunk);
  const user = 'token' in proof ? 'unknown' : proof.username;
  return { client: parts.client.as(proof, fromOf(request)), user, proof: 'token' in proof ? 'token' : 'eauth' };
}

/** @throws HttpProblem 401 */
function proofOf({ token, eauth, username, password }: Chunk): Proof {
  if (token !== undefined) {
    if (typeof token !== 'string' || !/^[0-9a-f]+$/i.test(token)) throw new HttpProblem(401, 'Invalid token');
    return { token };
  }
  if (typeof eauth !== 'string') throw new HttpProblem(401, 'No authentication credentials given');
  return { eauth, username: String(username ?? ''), password: String(password ?? '') };
}
