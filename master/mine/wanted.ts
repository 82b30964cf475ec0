/** Functions of the mine as `mine.get` names them; `several`: the answer is by function and minion, not by minion. */
export interface Wanted {
  readonly funs: readonly string[];
  readonly several: boolean;
}

/** One name, or a list, or several names in a text (as in Salt); undefined when it names none. */
export function wantedFunctions(named: unknown): Wanted | undefined {
  const list = Array.isArray(named) && named.every((name) => typeof name === 'string') ? named : undefined;
  const names = list ?? (typeof named === 'string' ? named.split(',').map((name) => name.trim()) : []);
  return names.length === 0 ? undefined : { funs: [...new Set(names)], several: list !== undefined || names.length > 1 };
}

/** In the shape that was asked for. */
export const answered = <T>(answers: Readonly<Record<string, T>>, { several }: Wanted): unknown =>
  several ? answers : (Object.values(answers)[0] ?? {});
