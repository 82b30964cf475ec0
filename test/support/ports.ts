import { createConnection, createServer, type NetConnectOpts } from 'node:net';

const HOST = '127.0.0.1';

/** A port of the loopback address that nobody listens on. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** So many of them, no two alike. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, fail) => {
          server.once('error', fail);
          server.listen(0, HOST, () => {
            const address = server.address();
            if (address === null || typeof address === 'string') fail(new Error('the system gave no port'));
            else done(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

/** Whether somebody takes connections there. */
export async function connects(to: NetConnectOpts): Promise<boolean> {
  const socket = createConnection(to);
  const answered = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return answered;
}
