import { VERSION } from '../../kernel/version.ts';
import type { Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const LOWSTATE: Json = {
  type: 'object',
  description: 'One call. Keys beside these are arguments of a runner or wheel function.',
  properties: {
    client: {
      type: 'string',
      enum: ['local', 'local_async', 'local_batch', 'local_subset', 'runner', 'runner_async', 'wheel', 'wheel_async'],
    },
    fun: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    tgt: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    tgt_type: { type: 'string', default: 'glob' },
    arg: { type: 'array', items: {} },
    kwarg: { type: 'object' },
    timeout: { type: 'number', description: 'seconds' },
    full_return: { type: 'boolean' },
    batch: { type: 'string' },
    subset: { type: 'integer' },
    ret: { type: 'string' },
    token: { type: 'string', description: 'for /run' },
    username: { type: 'string', description: 'for /run' },
    password: { type: 'string', format: 'password', description: 'for /run' },
    eauth: { type: 'string', description: 'for /run' },
  },
  required: ['fun'],
};
const LOGIN: Json = {
  type: 'object',
  properties: {
    username: { type: 'string' },
    password: { type: 'string', format: 'password' },
    eauth: { type: 'string', examples: ['pam', 'ldap', 'file', 'local'] },
    token_expire: { type: 'number', description: 'seconds' },
  },
  required: ['username', 'password', 'eauth'],
};
const BODIES: Readonly<Record<NonNullable<Route['takes']>, Json>> = {
  lowstate: { oneOf: [{ $ref: '#/components/schemas/Lowstate' }, { type: 'array', items: { $ref: '#/components/schemas/Lowstate' } }] },
  login: { $ref: '#/components/schemas/Login' },
  any: {},
};
const TYPES = ['application/json', 'application/x-yaml', 'application/x-www-form-urlencoded', 'text/plain'];

/** The OpenAPI 3.1 document of these routes. */
export function openApiOf(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{rest}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, path) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tsalt',
      version: VERSION,
      description: 'The REST interface of salt-api, served by tsalt.',
      license: { name: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: {
        Lowstate: LOWSTATE,
        Login: LOGIN,
        Problem: { type: 'object', properties: { status: { type: 'integer' }, return: { type: 'string' } } },
      },
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'session_id' },
      },
    },
  };
}

function operationOf({ method, summary, auth, takes, gives }: Route, path: string): Json {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const types = gives === undefined ? ['application/json', 'application/x-yaml'] : [gives];
  const problem = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } };
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(auth === 'session' ? { security: [{ token: [] }, { cookie: [] }] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takes === undefined ? {} : { requestBody: { required: takes !== 'any', content: contentOf(TYPES, BODIES[takes]) } }),
    responses: {
      [path === '/minions' && method === 'POST' ? '202' : '200']: { description: 'done', content: contentOf(types, {}) },
      '401': { description: 'not logged in, or not allowed', ...problem },
      '406': { description: 'a type that is not understood', ...problem },
      '503': { description: 'the master is away', ...problem },
    },
  };
}

const contentOf = (types: readonly string[], schema: Json): Json => Object.fromEntries(types.map((type) => [type, { schema }]));
