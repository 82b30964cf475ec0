import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** What a stream brought so far. */
export interface Gathered {
  bytes(): Buffer;
}

/**
 * Keeps the first `limit` bytes of a stream and says so if there were more, so that a program that prints
 * without end cannot take all memory. `heard` gets the text as it comes, whole characters at a time.
 */
export const gather = (stream: Readable | null, limit: number, heard: (text: string) => void): Gathered => {
  const chunks: Buffer[] = [];
  const decoder = new StringDecoder('utf8');
  let kept = 0;
  let dropped = 0;
  stream?.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, limit - kept);
    if (part.length > 0) chunks.push(part);
    kept += part.length;
    dropped += chunk.length - part.length;
    heard(decoder.write(chunk));
  });
  return { bytes: () => Buffer.concat(dropped === 0 ? chunks : [...chunks, note(limit, dropped)]) };
};

const note = (limit: number, dropped: number): Buffer =>
  Buffer.from(`\n[output cut: ${dropped} bytes beyond the limit of ${limit} bytes were dropped]\n`);
