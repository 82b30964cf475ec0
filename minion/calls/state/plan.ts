import type { Ctx, Returnable } from '../../../modules/define.ts';
import type { High, Results } from '../../../states/engine/index.ts';
import { type Digests, differences, digestOf, hashOf, refusal } from '../../../states/plan/digest.ts';
import type { Ports } from '../ports.ts';
import { type CarryOut, type Request, runSls, runTop } from './apply.ts';
import { jidOf } from './job.ts';
import { namesOf } from './names.ts';
import { PlanFiles } from './plan_files.ts';
import type { Session } from './session.ts';

/** What a request would do: the results of a trial, each with a digest as `__plan__`. The minion keeps the digests. */
export async function plan(ports: Ports, ctx: Ctx, request: Request): Promise<Returnable> {
  const id = jidOf(ports, ctx);
  return await run(ports, ctx, { ...request, test: true }, async (session, high) => {
    const seen = await foresee(session, high, 'told');
    if (!('digests' in seen)) return seen;
    if (id !== undefined) await filesOf(ports).save(id, seen.digests);
    return new Map([...seen.results].map(([tag, result]) => [tag, { ...result, __plan__: seen.digests[tag] ?? '-' }]));
  });
}

/** Does what a plan foresaw, if that is still what would be done; `hashes` is the master's word for what it was. */
export async function applyPlan(
  ports: Ports,
  ctx: Ctx,
  request: Request & { readonly plan: string; readonly hashes: Readonly<Record<string, Returnable>> },
): Promise<Returnable> {
  const files = filesOf(ports);
  const planned = await files.load(request.plan);
  const refused = (reasons: readonly string[]): Results => {
    const { tag, result } = refusal(request.plan, reasons);
    return new Map([[tag, result]]);
  };
  return await run(ports, ctx, { ...request, test: false }, async (session, high) => {
    if (planned === undefined || hashOf(planned) !== request.hashes[ports.id])
      return refused([`This minion holds no plan ${request.plan} like that: it was applied already, or made too long ago.`]);
    const seen = await foresee(session, high, 'silent');
    if (!('digests' in seen)) return seen;
    const reasons = differences(planned, seen.digests);
    if (reasons.length > 0) return refused(reasons);
    await files.forget(request.plan);
    return await session.run(high);
  });
}

const run = async (ports: Ports, ctx: Ctx, request: Request, act: CarryOut): Promise<Returnable> =>
  namesOf(request.mods ?? []).length > 0
    ? await runSls(ports, ctx, request, undefined, act)
    : await runTop(ports, ctx, request, undefined, act);

/** What high data would do, and its digests; errors when it cannot be compiled. Leaves `high` as it is. */
async function foresee(
  session: Session,
  high: High,
  manner: 'told' | 'silent',
): Promise<{ readonly results: Results; readonly digests: Digests } | readonly string[]> {
  const trial = await session.trial(high, manner);
  if (!('results' in trial)) return trial;
  const digests: Record<string, string> = Object.create(null);
  for (const [tag, { result, changes }] of trial.results) digests[tag] = digestOf(trial.chunks.get(tag), result, changes);
  return { results: trial.results, digests };
}

const filesOf = (ports: Ports): PlanFiles => new PlanFiles(ports.paths.cachedir);
