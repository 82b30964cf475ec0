import type { PersonClient, RunRequest, Target } from '../../../master/client/contract.ts';
import { TsaltError } from '../../../protocol/errors.ts';

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const bad = (what: string): TsaltError => new TsaltError('bad-request', `The request is malformed: ${what}.`);

/** Seconds that `run` waits at most: it is for short questions; long jobs are published with `run_async`. */
const PATIENCE = 60;

/** Does one call of the app, unchecked as it came, for a person. @throws TsaltError */
export async function callFor(person: PersonClient, body: unknown): Promise<unknown> {
  if (!isFields(body)) throw bad('a map was expected');
  switch (body['client']) {
    case 'runner':
      return await runnerFor(person, textOf(body, 'fun'), listOf(body, 'args'), mapOf(body, 'kwargs'));
    case 'wheel':
      return (await person.wheel(textOf(body, 'fun'), mapOf(body, 'kwargs'))) ?? null;
    case 'preview':
      return await person.preview(targetOf(body['target']));
    case 'run':
      return await answersOf(person, requestOf(body));
    case 'run_async':
      return await published(person, { ...requestOf(body), async: true });
    default:
      throw bad('client must be runner, wheel, preview, run or run_async');
  }
}

async function runnerFor(person: PersonClient, fun: string, args: readonly unknown[], kwargs: Fields): Promise<unknown> {
  for await (const event of person.runner({ fun, args, kwargs })) {
    if (event.kind !== 'result') continue;
    if (event.success) return event.value;
    throw new TsaltError('failed', sentenceOf(fun, event.value));
  }
  throw new TsaltError('failed', `${fun} ended without a result.`);
}

/** The function's own words, without the frames of a stack; documentation instead of an answer means wrong arguments. */
function sentenceOf(fun: string, value: unknown): string {
  if (typeof value !== 'string') return `${fun} does not take these arguments.`;
  const lines = value.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at|File) /.test(line));
  return lines[0]?.startsWith('Exception occurred') === true ? (lines.at(-1) ?? value).trim() : lines.join('\n').trim();
}

async function published(person: PersonClient, request: RunRequest): Promise<unknown> {
  for await (const event of person.run(request)) {
    if (event.kind === 'published') return { jid: event.jid ?? null, minions: event.minions };
  }
  return { jid: null, minions: [] };
}

/** What each minion answered; who is silent has no entry. @throws TsaltError `failed` when they take too long. */
async function answersOf(person: PersonClient, request: RunRequest): Promise<Fields> {
  const answers: Record<string, unknown> = Object.create(null);
  const iterator = person.run(request)[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TsaltError('failed', `No answer came within ${PATIENCE} seconds.`)), PATIENCE * 1000);
  });
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), late]);
      if (step.done === true) return answers;
      if (step.value.kind === 'return') answers[step.value.minion] = step.value.value;
    }
  } finally {
    clearTimeout(timer);
    await iterator.return?.();
  }
}

function requestOf(body: Fields): RunRequest {
  const [args, kwargs] = [listOf(body, 'args'), mapOf(body, 'kwargs')];
  const named = Object.keys(kwargs).length === 0 ? [] : [{ ...kwargs, __kwarg__: true }];
  return { target: targetOf(body['target']), fun: textOf(body, 'fun'), args: [...args, ...named] };
}

function targetOf(from: unknown): Target {
  if (!isFields(from)) throw bad('target must be a map of kind and expression');
  const { expression } = from;
  if (typeof expression !== 'string' && !(Array.isArray(expression) && expression.every((id) => typeof id === 'string')))
    throw bad('the expression of the target must be a text or a list of texts');
  return { kind: textOf(from, 'kind'), expression: expression as string | string[] };
}

function textOf(from: Fields, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw bad(`${key} must be a text`);
  return value;
}

function listOf(from: Fields, key: string): readonly unknown[] {
  const value = from[key] ?? [];
  if (!Array.isArray(value)) throw bad(`${key} must be a list`);
  return value;
}

function mapOf(from: Fields, key: string): Fields {
  const value = from[key] ?? {};
  if (!isFields(value)) throw bad(`${key} must be a map`);
  return value;
}
