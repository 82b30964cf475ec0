import { toPlain } from '../../../kernel/render/python/plain.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import { verifyHigh } from '../../../states/engine/high.ts';
import { type Depth, shownChunk } from '../../../states/engine/index.ts';
import type { Ports } from '../ports.ts';
import { failedToCompile, RETCODE, type Request, within } from './apply.ts';
import { namesOf } from './names.ts';
import { exclude, type Rendered, type Session } from './session.ts';

/** What is only shown fails where the pillar has errors. */
const shown = async (ports: Ports, ctx: Ctx, request: Request, act: Parameters<typeof within>[3]): Promise<Returnable> =>
  await within(ports, ctx, request, act, 'thrown');

/** High data of what was named, or of the top file; a list of errors where it cannot be made. */
export const showHigh = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await shown(ports, ctx, request, async (session, _inner, saltenv) => {
    const { high, errors, top } = await rendered(session, request, saltenv);
    const all = [...top, ...errors, ...verifyHigh(high)];
    if (all.length > 0) return failedToCompile(ctx, all);
    exclude(high, request.exclude);
    if (high.size === 0 && request.mods === undefined) ctx.retcode(RETCODE.failed);
    return toPlain(high) as Returnable;
  });

/** Low chunks of all that the top file gives, in their order. Salt tells errors with the return code 0. */
export const showLow = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await shown(ports, ctx, request, async (session, _inner, saltenv) => {
    const chunks = await lowOf(session, request, saltenv);
    return 'errors' in chunks ? [...chunks.errors] : chunks.low;
  });

/** Low chunks of what was named, in their order; extensions and what stands in the other state are left as written. */
export const showLowSls = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await shown(ports, ctx, request, async (session, _inner, saltenv) => {
    const chunks = await lowOf(session, request, saltenv, 'as written');
    return 'errors' in chunks ? failedToCompile(ctx, chunks.errors) : chunks.low;
  });

async function lowOf(session: Session, request: Request, saltenv: string | undefined, depth: Depth = 'all') {
  const { high, errors } = await rendered(session, request, saltenv);
  exclude(high, request.exclude);
  const wrong = depth === 'all' || errors.length === 0 ? errors : [...errors, ...verifyHigh(high)];
  const ordered = wrong.length > 0 ? { errors: wrong } : await session.compile(high, depth);
  return 'errors' in ordered
    ? ordered
    : { low: ordered.chunks.map((chunk) => toPlain(shownChunk(chunk)) as Readonly<Record<string, Returnable>>) };
}

/** Names of the SLS that the top file gives, each once, as their states run. */
export const showNames = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await shown(ports, ctx, request, async (session, _inner, saltenv) => {
    const chunks = await lowOf(session, request, saltenv);
    if ('errors' in chunks) return failedToCompile(ctx, chunks.errors);
    return [...new Set(chunks.low.map((low) => low['__sls__'] ?? null))];
  });

/** Which SLS of each environment the top file gives, and which not. */
export const showUsage = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await within(ports, ctx, request, async (session) => {
    const { matches, errors } = await session.top();
    if (errors.length > 0) return failedToCompile(ctx, errors);
    const usage: Record<string, Returnable> = {};
    for (const [env, names] of await session.available()) {
      const given = matches.get(env) ?? [];
      const used = names.filter((name) => given.includes(name));
      const unused = names.filter((name) => !given.includes(name));
      usage[env] = { used, unused, count_all: names.length, count_used: used.length, count_unused: unused.length };
    }
    return usage;
  });

/** Whether what was named can be rendered. */
export const hasSls = async (ports: Ports, ctx: Ctx, request: Request): Promise<boolean> =>
  !Array.isArray(await showHigh(ports, ctx, request));

/** Whether ids stand in what was named. */
export const hasIds = async (ports: Ports, ctx: Ctx, request: Request, ids: Returnable): Promise<Returnable> =>
  await shown(ports, ctx, request, async (session, _inner, saltenv) => {
    const chunks = await lowOf(session, request, saltenv, 'as written');
    if ('errors' in chunks) return failedToCompile(ctx, chunks.errors);
    const known = new Set(chunks.low.map((low) => low['__id__']));
    return namesOf(ids).every((id) => known.has(id));
  });

/** SLS by environment. */
export const showTop = async (ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> =>
  await shown(ports, ctx, request, async (session) => {
    const { matches, errors } = await session.top();
    return errors.length > 0 ? failedToCompile(ctx, errors) : Object.fromEntries(matches);
  });

/** With what is wrong with the form of the top files, which low data does not mind. */
async function rendered(
  session: Session,
  { mods }: Request,
  saltenv: string | undefined,
): Promise<Rendered & { readonly top: readonly string[] }> {
  const names = namesOf(mods);
  const { matches, errors: top } = names.length > 0 ? { matches: new Map([[saltenv ?? 'base', names]]), errors: [] } : await session.top();
  const { high, errors } = await session.render(matches);
  return { high, errors, top };
}
