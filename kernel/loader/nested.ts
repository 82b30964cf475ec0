import type { Returnable } from '../../modules/define.ts';
import { unknownKeywords } from './arguments.ts';
import type { Callable, Given, Run } from './callable.ts';
import { BadArguments, NotAvailable } from './errors.ts';

/** A call from within a call: unknown functions and wrong arguments are thrown at the caller, in Python's words. */
export const callNested = async (
  fun: string,
  callable: Callable | undefined,
  whyMissing: () => Promise<string>,
  given: Given,
  run: Run,
): Promise<Returnable> => {
  if (!callable) throw new NotAvailable(await whyMissing());
  const [unknown] = unknownKeywords(given.keywords, callable.argspec, callable.alsoTakes);
  if (unknown) throw new BadArguments(`${fun.slice(fun.indexOf('.') + 1)}() got an unexpected keyword argument '${unknown[0]}'`);
  return callable.call(given, withTesting(run, given));
};

/** The same job with `test=True` as the keywords have it, in the spellings Salt takes for true. */
export const withTesting = (run: Run, given: Given): Run => {
  const asked = given.keywords.get('test');
  if (asked === undefined || asked === null) return run;
  return { ...run, testing: typeof asked === 'string' ? asked.toLowerCase() === 'true' : Number(asked) > 0 };
};
