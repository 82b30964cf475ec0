import type { FastifyInstance } from 'fastify';

/** Counts requests in the shape of CherryPy's statistics, which SaltGUI shows. */
export class Stats {
  readonly #start = Date.now() / 1000;
  #requests = 0;
  #current = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  #seconds = 0;

  constructor(server: FastifyInstance) {
    server.addHook('onRequest', async (request) => {
      this.#requests += 1;
      this.#current += 1;
      this.#bytesRead += Number(request.headers['content-length'] ?? 0) || 0;
    });
    server.addHook('onResponse', async (_request, reply) => {
      this.#current -= 1;
      this.#seconds += reply.elapsedTime / 1000;
      this.#bytesWritten += Number(reply.getHeader('content-length') ?? 0) || 0;
    });
  }

  show(): unknown {
    const now = Date.now() / 1000;
    const uptime = now - this.#start;
    return {
      'CherryPy Applications': {
        Enabled: true,
        'Bytes Read/Request': this.#bytesRead / Math.max(1, this.#requests),
        'Bytes Read/Second': this.#bytesRead / uptime,
        'Bytes Written/Request': this.#bytesWritten / Math.max(1, this.#requests),
        'Bytes Written/Second': this.#bytesWritten / uptime,
        'Current Time': now,
        'Current Requests': this.#current,
        'Requests/Second': this.#requests / uptime,
        'Server Version': 'tsalt',
        'Start Time': this.#start,
        'Total Bytes Read': this.#bytesRead,
        'Total Bytes Written': this.#bytesWritten,
        'Total Requests': this.#requests,
        'Total Time': this.#seconds,
        Uptime: uptime,
        Requests: {},
      },
    };
  }
}
