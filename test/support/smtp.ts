import { type AddressInfo, createServer } from 'node:net';

/** A mail server of a test: takes every mail, and keeps what clients say. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  /** Lines as they came, of all connections. */
  readonly lines: readonly string[];
}

export async function mailServer(): Promise<MailServer> {
  const lines: string[] = [];
  const server = createServer((socket) => {
    let data = false;
    let rest = '';
    socket.write('220 here\r\n');
    socket.on('data', (chunk) => {
      const parts = (rest + chunk.toString()).split('\r\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        if (data && line !== '.') continue;
        data = !data && line === 'DATA';
        socket.write(data ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n');
      }
    });
    socket.on('error', () => undefined); // a client that hangs up
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    [Symbol.asyncDispose]: async () => await new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
