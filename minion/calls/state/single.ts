import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { type Data, type Dict, isDict } from '../../../kernel/render/python/value.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import { chunkOf } from '../../../states/engine/chunk.ts';
import type { High } from '../../../states/engine/index.ts';
import type { Ports } from '../ports.ts';
import { answer, failedToCompile, RETCODE, type Request, within } from './apply.ts';
import type { Rendered, Session } from './session.ts';

/** `state.single`: one function with the keywords given. */
export async function runSingle(
  ports: Ports,
  ctx: Ctx,
  request: Request & { readonly fun: string; readonly name: Returnable },
): Promise<Returnable> {
  const [state = '', fun = ''] = request.fun.split('.');
  if (state === '' || fun === '') {
    ctx.retcode(RETCODE.compile);
    return 'Invalid function passed';
  }
  const args = new Map<string, Data>([
    ['state', state],
    ['fun', fun],
    ['__id__', fromPlain(request.name)],
    ['name', fromPlain(request.name)],
  ]);
  for (const [key, value] of Object.entries(ctx.extra)) if (!key.startsWith('__pub_')) args.set(key, fromPlain(value));
  return await runArguments(ports, ctx, request, args);
}

/** `state.low`: one chunk as given. */
export async function runLow(
  ports: Ports,
  ctx: Ctx,
  request: Request & { readonly data: Readonly<Record<string, Returnable>> },
): Promise<Returnable> {
  const args = new Map(Object.entries(request.data).map(([key, value]): [string, Data] => [key, fromPlain(value)]));
  if (!args.has('__id__')) args.set('__id__', args.get('name') ?? null);
  return await runArguments(ports, ctx, request, args);
}

const runArguments = async (ports: Ports, ctx: Ctx, request: Request, args: Map<string, Data>): Promise<Returnable> =>
  await within(
    ports,
    ctx,
    request,
    async (session) => {
      const chunk = chunkOf(args);
      const faults = await session.faults(chunk);
      if (faults.length > 0) return failedToCompile(ctx, faults);
      return answer(ctx, await session.runChunk(chunk), new Map(), request);
    },
    'ignored',
  );

/** `state.high`: high data as given, checked as if it came from SLS. */
export async function runHigh(
  ports: Ports,
  ctx: Ctx,
  request: Request & { readonly data: Readonly<Record<string, Returnable>> },
): Promise<Returnable> {
  const high = fromPlain(request.data) as High;
  for (const body of high.values()) if (isDict(body)) (body as Dict).set('__sls__', null).set('__env__', 'base');
  return await within(ports, ctx, request, async (session) => answer(ctx, await session.run(high), high, request), 'ignored');
}

/** `state.template_str`: an SLS given as text. */
export const runText = async (ports: Ports, ctx: Ctx, request: Request, text: string): Promise<Returnable> =>
  await within(
    ports,
    ctx,
    request,
    async (session) => {
      const { high, errors } = await session.renderText(text, '<template-str>');
      for (const body of high.values()) if (isDict(body)) (body as Dict).delete('__sls__');
      return await runRendered(ctx, request, session, { high, errors });
    },
    'ignored',
  );

/** `state.template`: an SLS file of this machine. */
export const runTemplate = async (ports: Ports, ctx: Ctx, request: Request, path: string): Promise<Returnable> =>
  await within(
    ports,
    ctx,
    request,
    async (session) => {
      const file = path.endsWith('.sls') ? path : `${path}.sls`;
      if (!existsSync(file)) return failedToCompile(ctx, [`Specified SLS ${file} on local filesystem cannot be found.`]);
      return await runRendered(ctx, request, session, await session.renderText(await readFile(file, 'utf8'), file));
    },
    'thrown',
  );

const runRendered = async (ctx: Ctx, request: Request, session: Session, { high, errors }: Rendered): Promise<Returnable> =>
  errors.length > 0 ? failedToCompile(ctx, errors) : answer(ctx, await session.run(high), high, request);
