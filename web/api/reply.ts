import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import { formatOf } from './accept.ts';
import { jsonOf } from './json.ts';
import { HttpProblem } from './problem.ts';

/** Sends a value in the format that was asked for. @throws HttpProblem 406 */
export function send(request: FastifyRequest, reply: FastifyReply, value: unknown): FastifyReply {
  const format = formatOf(request.headers.accept);
  if (format === undefined)
    throw new HttpProblem(
      406,
      `Your client sent this Accept header: ${request.headers.accept ?? ''}. But this resource only emits these media types: application/json, application/x-yaml.`,
    );
  return format === 'json' ? json(reply, value) : reply.type('application/x-yaml').send(Buffer.from(yamlOf(value)));
}

/** As bytes, for fastify would add a charset to the type of a text, which salt-api does not send. */
export const json = (reply: FastifyReply, value: unknown): FastifyReply => reply.type('application/json').send(Buffer.from(jsonOf(value)));

/** Block style with sorted keys, as PyYAML's safe dump. By way of JSON, so that only plain data are written. */
const yamlOf = (value: unknown): string =>
  stringify(JSON.parse(jsonOf(value)), { version: '1.1', sortMapEntries: true, indentSeq: false, singleQuote: true, lineWidth: 80 });

/** An error: a page, as salt-api sends it, or JSON where that alone is asked for. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: HttpProblem): FastifyReply {
  reply.code(problem.status).headers(problem.headers);
  const title = `${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`;
  if (asksForJson(request.headers.accept)) return json(reply, { status: problem.status, error: title, return: problem.message });
  return reply.type('text/html;charset=utf-8').send(page(title, problem.message));
}

const asksForJson = (accept: string | undefined): boolean => accept !== undefined && /^\s*application\/json\s*(;|$)/i.test(accept);

const page = (title: string, message: string): string =>
  `<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>${escaped(title)}</title>\n</head>\n<body>\n<h2>${escaped(title)}</h2>\n<p>${escaped(message)}</p>\n</body>\n</html>\n`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
