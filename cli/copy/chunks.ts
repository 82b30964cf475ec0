import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/**
 * The pieces of a file, each compressed by itself when asked for, in base64 as `cp.recv_chunked` takes them.
 * They are to be sent by keyword: minions would take a positional text that ends in `=` for a keyword argument.
 */
export async function* chunksOf(path: string, size: number, compress: boolean): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (let position = 0; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, position);
      if (bytesRead === 0 && position > 0) return;
      const piece = buffer.subarray(0, bytesRead);
      yield Buffer.from((compress ? gzipSync(piece) : piece).toString('base64'));
      position += bytesRead;
      if (bytesRead < size) return;
    }
  } finally {
    await file.close();
  }
}
