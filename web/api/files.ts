import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import type { FastifyReply } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html;charset=utf-8',
  '.js': 'text/javascript;charset=utf-8',
  '.mjs': 'text/javascript;charset=utf-8',
  '.css': 'text/css;charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain;charset=utf-8',
  '.md': 'text/plain;charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** A page that the operator chose to serve here runs what it brings, and talks to this server alone. */
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

/** Sends a file below a directory: nothing that a link or dots lead out of. @returns whether there is one */
export async function sendBelow(directory: string, path: string, reply: FastifyReply): Promise<boolean> {
  if (path.includes('\0') || path.split(/[/\\]/).some((part) => part.startsWith('.'))) return false;
  const root = await realpath(directory).catch(() => undefined);
  const file = root === undefined ? undefined : await realpath(resolve(root, path)).catch(() => undefined);
  if (root === undefined || file === undefined || !file.startsWith(root + sep)) return false;
  return await sendFile(file, reply);
}

/** @returns whether it is a file */
export async function sendFile(path: string, reply: FastifyReply): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const about = await handle.stat();
    if (!about.isFile()) return false;
    const type = TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
    reply.type(type).headers({ 'last-modified': about.mtime.toUTCString(), 'cache-control': 'no-cache', 'content-security-policy': CSP });
    reply.send(await handle.readFile());
    return true;
  } finally {
    await handle.close();
  }
}
