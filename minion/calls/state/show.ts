import { toPlain } from '../../../kernel/render/python/plain.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import { verifyHigh } from '../../../states/engine/high.ts';
import { shownChunk } from '../../../states/engine/index.ts';
import type { Ports } from '../ports.ts';
import { failedToCompile, namesOf, type Request, within } from './apply.ts';
import { exclude, type Rendered, type Session } from './session.ts';

/** High data of what was named, or of the top file; a list of errors where it cannot be made. */
export const showHigh = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await within(ports, ctx, request, async (session, _inner, saltenv) => {
    const { high, errors } = await rendered(session, request, saltenv);
    const all = [...errors, ...verifyHigh(high)];
    if (all.length > 0) return failedToCompile(ctx, all);
    exclude(high, request.exclude);
    return toPlain(high) as Returnable;
  });

/** Low chunks in their order. Errors set the return code `failed`. */
export const showLow = async (ports: Ports, ctx: Ctx, request: Request, failed: 0 | 1): Promise<Returnable> =>
  await within(ports, ctx, request, async (session, _inner, saltenv) => {
    const { high, errors } = await rendered(session, request, saltenv);
    exclude(high, request.exclude);
    const ordered = errors.length > 0 ? { errors } : await session.compile(high);
    if (!('errors' in ordered)) return ordered.chunks.map((chunk) => toPlain(shownChunk(chunk)) as Returnable);
    ctx.retcode(failed);
    return [...ordered.errors];
  });

/** SLS by environment. */
export const showTop = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await within(ports, ctx, request, async (session) => {
    const { matches, errors } = await session.top();
    return errors.length > 0 ? failedToCompile(ctx, errors) : Object.fromEntries(matches);
  });

async function rendered(session: Session, { mods }: Request, saltenv: string | undefined): Promise<Rendered> {
  const names = namesOf(mods);
  if (names.length > 0) return await session.render(new Map([[saltenv ?? 'base', names]]));
  const { matches, errors } = await session.top();
  const { high, errors: more } = await session.render(matches);
  return { high, errors: [...errors, ...more] };
}
