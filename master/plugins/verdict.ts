import type { Returnable } from '../../modules/define.ts';

export type Status = 'OK' | 'warning' | 'error';

/** What a plugin says of a minion. */
export interface Verdict {
  readonly status: Status;
  readonly message: string;
  readonly data: Returnable;
  readonly metrics: Readonly<Record<string, number>>;
}

const STATUSES: readonly Status[] = ['OK', 'warning', 'error'];
const LONGEST_MESSAGE = 2000;
const MOST_METRICS = 500;
const METRIC = /^[\w.:/%@-]{1,120}$/;

/**
 * Reads what a plugin returned: `{status: OK|warning|error, message, data, metrics?}` and nothing else. A wrong one is an
 * error whose message names the place (`return.metrics.load: ...`), and has what was returned as its data.
 */
export function verdictOf(value: unknown): Verdict {
  const problem = wrongIn(value);
  if (problem !== undefined) return failure(`the plugin returned something else than it should: ${problem}`, value);
  const { status, message, data, metrics } = value as Readonly<Record<string, unknown>>;
  return {
    status: status as Status,
    message: String(message ?? '').slice(0, LONGEST_MESSAGE),
    data: (data ?? null) as Returnable,
    metrics: Object.fromEntries(Object.entries(metrics ?? {}).map(([name, number]) => [name, Number(number)])),
  };
}

export const failure = (message: string, data: unknown = null): Verdict => ({
  status: 'error',
  message: message.slice(0, LONGEST_MESSAGE),
  data: data as Returnable,
  metrics: {},
});

function wrongIn(value: unknown): string | undefined {
  if (!isMap(value)) return `return: a map with status, message and data is expected, not ${kindOf(value)}`;
  const strange = Object.keys(value).find((key) => !['status', 'message', 'data', 'metrics'].includes(key));
  if (strange !== undefined) return `return.${strange.slice(0, 60)}: there is no such key; put it under data`;
  const { status, message, metrics } = value;
  if (!STATUSES.some((one) => one === status))
    return `return.status: ${String(JSON.stringify(status)).slice(0, 60)} is none of OK, warning, error`;
  if (message !== undefined && message !== null && typeof message !== 'string')
    return `return.message: a text is expected, not ${kindOf(message)}`;
  return metrics === undefined || metrics === null ? undefined : wrongMetrics(metrics);
}

function wrongMetrics(metrics: unknown): string | undefined {
  if (!isMap(metrics)) return `return.metrics: a map of numbers is expected, not ${kindOf(metrics)}`;
  const names = Object.keys(metrics);
  if (names.length > MOST_METRICS) return `return.metrics: ${names.length} are more than ${MOST_METRICS}`;
  const unnamed = names.find((name) => !METRIC.test(name));
  if (unnamed !== undefined) return `return.metrics: ${JSON.stringify(unnamed.slice(0, 60))} cannot name a metric`;
  const odd = names.find((name) => !isNumber(metrics[name]));
  return odd === undefined ? undefined : `return.metrics.${odd}: a number is expected, not ${kindOf(metrics[odd])}`;
}

/** Also a whole float, which arrives as an object with its value. */
function isNumber(value: unknown): boolean {
  const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return typeof plain === 'number' && Number.isFinite(plain);
}

const kindOf = (value: unknown): string => (value === null ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map) && !ArrayBuffer.isView(value);
