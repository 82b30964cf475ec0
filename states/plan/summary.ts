/** How many states of a dry run, or of a run, do what. */
export interface Summary {
  /** Makes what is not there. */
  readonly add: number;
  readonly change: number;
  readonly fail: number;
  /** As described already. */
  readonly same: number;
}

type Kind = keyof Summary;
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of results of states by their tags; a list of errors, or any other answer, is one failure. */
export function summaryOf(results: unknown): Summary {
  const counts = { add: 0, change: 0, fail: 0, same: 0 };
  if (isMap(results)) for (const result of Object.values(results)) counts[kindOf(result)] += 1;
  else counts.fail = 1;
  return counts;
}

/** What one state would do. */
export function kindOf(result: unknown): Kind {
  if (!isMap(result) || result['result'] === false) return 'fail';
  const { changes } = result;
  const changed = isMap(changes) ? Object.keys(changes).length > 0 : changes !== undefined && changes !== null;
  if (!changed && result['result'] !== null) return 'same';
  return isMap(changes) && changed && Object.entries(changes).every(([key, value]) => isNew(key, value)) ? 'add' : 'change';
}

/** The ways in which states say that a thing is not there yet. */
function isNew(key: string, value: unknown): boolean {
  if (key === 'newfile' || key === 'new') return true;
  if (isMap(value)) {
    const { old, new: made, ...rest } = value;
    if (made !== undefined) return (old === undefined || old === null || old === '') && made !== null && made !== '';
    return Object.values(rest).every((item) => item === 'new') && Object.keys(rest).length > 0;
  }
  return typeof value === 'string' && /^(?:new( file| dir)?|installed|created|added|present)$/i.test(value);
}
