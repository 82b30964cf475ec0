import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { type Data, type Dict, isDict } from '../../../kernel/render/python/value.ts';
import { CommandFailed, type Ctx, type Returnable } from '../../../modules/define.ts';
import { chunkOf } from '../../../states/engine/chunk.ts';
import type { High } from '../../../states/engine/index.ts';
import type { Ports } from '../ports.ts';
import { answer, type Request, within } from './apply.ts';

/** `state.single`: one function with the keywords given. */
export async function runSingle(
  ports: Ports,
  ctx: Ctx,
  request: Request & { readonly fun: string; readonly name: Returnable },
): Promise<Returnable> {
  const [state = '', fun = ''] = request.fun.split('.');
  if (state === '' || fun === '') throw new CommandFailed('Invalid function passed');
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
  await within(ports, ctx, request, async (session) => answer(ctx, await session.runChunk(chunkOf(args)), new Map(), request));

/** `state.high`: high data as given, checked as if it came from SLS. */
export async function runHigh(
  ports: Ports,
  ctx: Ctx,
  request: Request & { readonly data: Readonly<Record<string, Returnable>> },
): Promise<Returnable> {
  const high = fromPlain(request.data) as High;
  for (const body of high.values()) if (isDict(body)) (body as Dict).set('__sls__', null).set('__env__', 'base');
  return await within(ports, ctx, request, async (session) => answer(ctx, await session.run(high), high, request));
}
