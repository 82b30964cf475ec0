import type { EventHub } from '../hub.ts';
import type { WebParts } from '../parts.ts';
import { isMap } from './body.ts';
import { HttpProblem, NO_PERMISSION } from './problem.ts';
import { type Call, type Route, SENT, shownId } from './route.ts';

type Kind = 'gauge' | 'counter';
/** A sample: labels and value. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** `GET /metrics`: figures of the master in the text format of Prometheus. */
export const metricsRoute = (hub: EventHub): Route => ({
  method: 'GET',
  path: '/metrics',
  auth: 'none',
  gives: 'text/plain',
  summary: 'Figures of the master, for Prometheus',
  handle: (call) => metrics(call, hub),
});

async function metrics(call: Call, hub: EventHub): Promise<typeof SENT> {
  const figures = await ask(call);
  const own: readonly string[] = [
    family('tsalt_api_sessions', 'gauge', 'Sessions of salt-api.', [[{}, call.parts.sessions.count]]),
    family('tsalt_api_event_readers', 'gauge', 'Readers of events.', [[{}, hub.listeners]]),
  ];
  call.reply.type('text/plain; version=0.0.4; charset=utf-8').send([...families(figures), ...own].join(''));
  return SENT;
}

async function ask({ parts, request }: Call): Promise<Readonly<Record<string, unknown>>> {
  const from = { door: 'api', address: request.ip } as const;
  const client = parts.options.metrics_disable_auth ? parts.client : parts.client.as({ token: tokenOf(parts, request) }, from);
  for await (const event of client.runner({ fun: 'manage.metrics', args: [], kwargs: {} }))
    if (event.kind === 'result' && isMap(event.value)) return event.value;
  throw new HttpProblem(503, 'The master gave no figures');
}

/** Of a session, or of the master itself, also as a bearer's. @throws HttpProblem 401 */
function tokenOf({ sessions }: WebParts, request: Call['request']): string {
  const [, bearer] = /^Bearer ([0-9a-f]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const shown = bearer ?? shownId(request).id;
  const token = sessions.find(shown)?.token ?? shown;
  if (token === undefined || !/^[0-9a-f]+$/i.test(token)) throw new HttpProblem(401, NO_PERMISSION);
  return token;
}

const numberAt = (from: unknown, ...path: readonly string[]): number => {
  const value = path.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), from);
  return typeof value === 'number' ? value : Number(value ?? 0);
};

function families(figures: Readonly<Record<string, unknown>>): readonly string[] {
  const one = (name: string, kind: Kind, help: string, ...path: readonly string[]): string =>
    family(name, kind, help, [[{}, numberAt(figures, ...path)]]);
  const of = (key: string): readonly string[] => (isMap(figures[key]) ? Object.keys(figures[key]) : []);
  return [
    one('tsalt_uptime_seconds', 'gauge', 'Seconds since the master started.', 'uptime'),
    family(
      'tsalt_minions',
      'gauge',
      'Accepted minions by state.',
      of('minions').map((state) => [{ state }, numberAt(figures, 'minions', state)]),
    ),
    one('tsalt_jobs_total', 'counter', 'Jobs published.', 'jobs'),
    one('tsalt_returns_total', 'counter', 'Returns of minions.', 'returns'),
    one('tsalt_returns_failed_total', 'counter', 'Returns of minions that told a failure.', 'returns_failed'),
    one('tsalt_events_total', 'counter', 'Events on the bus.', 'events'),
    one('process_resident_memory_bytes', 'gauge', 'Memory of the master.', 'memory'),
    one('process_cpu_seconds_total', 'counter', 'Processor time of the master.', 'cpu'),
    family(
      'tsalt_event_loop_lag_seconds',
      'gauge',
      'How late the master is at its work, since it was asked last.',
      of('event_loop_lag').map((quantile) => [{ quantile }, numberAt(figures, 'event_loop_lag', quantile)]),
    ),
    family(
      'tsalt_database_bytes',
      'gauge',
      'Databases on disk.',
      of('databases').map((database) => [{ database }, numberAt(figures, 'databases', database)]),
    ),
  ];
}

function family(name: string, kind: Kind, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
