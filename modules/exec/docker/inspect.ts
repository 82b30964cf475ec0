import { CommandFailed, type Ctx } from '../../define.ts';
import { Engine, EngineError, part } from './engine.ts';
import { type Fields, fields, localTime, sizeText } from './values.ts';

const one = async (ctx: Ctx, path: string): Promise<Fields> => fields(await (await Engine.of(ctx)).json('GET', path));

/** A name that is nothing would ask for the list of all. */
const named = (name: string): string => {
  if (name === '') throw new CommandFailed('Resource ID was not provided');
  return part(name);
};

export const inspectContainer = (ctx: Ctx, name: string): Promise<Fields> => one(ctx, `/containers/${named(name)}/json`);
export const inspectNetwork = (ctx: Ctx, name: string): Promise<Fields> => one(ctx, `/networks/${named(name)}`);
export const inspectVolume = (ctx: Ctx, name: string): Promise<Fields> => one(ctx, `/volumes/${named(name)}`);
export const inspectImage = async (ctx: Ctx, name: string): Promise<Fields> => withSizes(await one(ctx, `/images/${named(name)}/json`));

/** `Size` and `VirtualSize` as people read them, beside. */
export function withSizes(image: Fields): Fields {
  const sizes = ['Size', 'VirtualSize'].filter((key) => key in image);
  return { ...image, ...Object.fromEntries(sizes.map((key) => [`${key}_Human`, sizeText(Number(image[key]))])) };
}

/** `Created` under the names that Salt has for it, the others as they are. */
export function withTimes(entry: Fields): Record<string, Fields[string]> {
  const named = Object.fromEntries(Object.entries(entry).map(([key, value]) => [key === 'Created' ? 'Time_Created_Epoch' : key, value]));
  return 'Time_Created_Epoch' in named ? { ...named, Time_Created_Local: localTime(Number(named['Time_Created_Epoch'])) } : named;
}

export type State = 'running' | 'paused' | 'stopped';

export const stateIn = (container: Fields): State => {
  const state = fields(container['State']);
  return state['Paused'] === true ? 'paused' : state['Running'] === true ? 'running' : 'stopped';
};
export const stateOf = async (ctx: Ctx, name: string): Promise<State> => stateIn(await inspectContainer(ctx, name));

/** What comes of it, or undefined where the engine knows no such thing. */
export async function ifKnown<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

/** Containers by id, with Salt's keys; those that run first, then with `all` the others. */
export async function containers(ctx: Ctx, all: boolean, filters?: Fields): Promise<Record<string, Fields>> {
  const engine = await Engine.of(ctx);
  const found = (await engine.json('GET', '/containers/json', { query: { all: true, limit: -1, filters } })) as readonly Fields[];
  const runs = (entry: Fields): boolean =>
    String(entry['Status'] ?? '')
      .toLowerCase()
      .startsWith('up ');
  const wanted = [...found.filter(runs), ...(all ? found.filter((entry) => !runs(entry)) : [])];
  return Object.fromEntries(wanted.map(({ Id, ...entry }) => [String(Id), withTimes(entry)]));
}

/** Images by id, with Salt's keys; those with a tag, and with `all` the others. */
export async function images(ctx: Ctx, all: boolean): Promise<Record<string, Fields>> {
  const engine = await Engine.of(ctx);
  const found = (await engine.json('GET', '/images/json', { query: { all } })) as readonly Fields[];
  const isTagged = ({ RepoTags: tags }: Fields): boolean => tags !== null && String(tags) !== '<none>:<none>' && String(tags) !== '';
  const wanted = [...found.filter(isTagged), ...(all ? found.filter((entry) => !isTagged(entry)) : [])];
  return Object.fromEntries(wanted.map(({ Id, ...entry }) => [String(Id), withSizes(withTimes(entry))]));
}

/** The mine hears of containers that came, went or changed, unless `docker.update_mine` says no. */
export async function tellMine(ctx: Ctx): Promise<void> {
  if ((await ctx.call('config.option', ['docker.update_mine', true])) === false || !(await ctx.has('mine.send'))) return;
  await ctx.call('mine.send', ['docker.ps'], { verbose: true, all: true, host: true });
}
