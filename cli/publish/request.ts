import { typedArgument } from '../../kernel/render/argument.ts';
import type { RunRequest } from '../../master/client/contract.ts';
import { BadCompound, parseArguments, splitCompound } from '../arguments.ts';
import { type Parsed, UsageError } from '../options/parse.ts';
import { entriesOf, isMapping } from '../output/values.ts';
import { exitCode, Finish } from '../tool.ts';
import { tsaltSpec } from './options.ts';
import { targetOf } from './target.ts';

/** The job that the command line asks for. @throws UsageError, Finish with Salt's texts and exit codes */
export function requestOf(parsed: Parsed): RunRequest {
  const [expression, fun, ...words] = commandOf(parsed);
  if (expression === undefined) throw new Finish(exitCode.incomplete, '\nCannot execute command without defining a target.\n\n');
  if (fun === undefined) throw new Finish(exitCode.incomplete, '\nIncomplete options passed.\n\n');
  return {
    target: targetOf(tsaltSpec, parsed, expression),
    ...callOf(parsed, fun, words),
    ...howOf(parsed),
    ...returnersOf(parsed),
    ...executorsOf(parsed),
  };
}

/** With `-d` the target and `sys.doc` may be left out. */
function commandOf(parsed: Parsed): readonly string[] {
  if (!parsed.flag('doc')) return parsed.words;
  const [target = '*', ...functions] = parsed.words;
  const named = functions[0] === 'sys.doc' ? functions.slice(1) : functions;
  if (named.length > 1) throw new UsageError('You can only get documentation for one method at one time.');
  return [target, 'sys.doc', ...named];
}

function callOf(parsed: Parsed, fun: string, words: readonly string[]): Pick<RunRequest, 'fun' | 'args'> {
  const unparsed = new Set((parsed.text('no_parse') ?? '').split(',').map((name) => name.trim()));
  if (!fun.includes(',')) return { fun, args: parseArguments(words, unparsed) };
  try {
    const calls = splitCompound(fun.split(','), words, parsed.text('args_separator') ?? ',');
    return { fun: calls.map((call) => call.fun), args: calls.map((call) => parseArguments(call.words, unparsed)) };
  } catch (error) {
    if (error instanceof BadCompound) throw new Finish(exitCode.incomplete, `${error.message}\n`);
    throw error;
  }
}

function howOf(parsed: Parsed): Partial<RunRequest> {
  const timeout = parsed.number('timeout') ?? 0;
  const subset = parsed.number('subset') ?? 0;
  const metadata = mappingOf(parsed, 'metadata');
  return {
    ...(timeout > 0 ? { timeout } : {}),
    ...(subset > 0 ? { subset } : {}),
    ...(parsed.flag('async') ? { async: true } : {}),
    ...(parsed.flag('follow') ? { follow: true } : {}),
    ...batchOf(parsed, parsed.text('batch')),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** @throws UsageError when the size is neither a number nor a percentage */
export function batchOf(parsed: Parsed, size: string | undefined): Pick<RunRequest, 'batch'> {
  if (size === undefined || size === '') return {};
  if (!/^(?:%?\d+|\d+(?:\.\d+)?%)$/.test(size))
    throw new UsageError(`option -b: '${size}' is neither a number nor a percentage such as 10%`);
  const wait = parsed.number('batch_wait');
  return { batch: { size, ...(wait === undefined ? {} : { wait }), ...(parsed.flag('failhard') ? { failhard: true } : {}) } };
}

function returnersOf(parsed: Parsed): Partial<RunRequest> {
  const returners = parsed.text('return');
  const returnerConfig = parsed.text('return_config');
  const returnerOptions = mappingOf(parsed, 'return_kwargs');
  return {
    ...(returners === undefined ? {} : { returners }),
    ...(returnerConfig === undefined ? {} : { returnerConfig }),
    ...(returnerOptions === undefined ? {} : { returnerOptions }),
  };
}

function executorsOf(parsed: Parsed): Partial<RunRequest> {
  const named = parsed.text('module_executors');
  const executorOpts = mappingOf(parsed, 'executor_opts');
  return {
    ...(named === undefined ? {} : { moduleExecutors: [typedArgument(named)].flat().map(String) }),
    ...(executorOpts === undefined ? {} : { executorOpts }),
  };
}

function mappingOf(parsed: Parsed, name: string): Record<string, unknown> | undefined {
  const given = parsed.text(name);
  if (given === undefined) return undefined;
  const value = typedArgument(given);
  if (!isMapping(value)) throw new UsageError(`option --${name}: expected a mapping such as '{key: value}', got '${given}'`);
  return Object.assign(Object.create(null), Object.fromEntries(entriesOf(value).map(([key, item]) => [String(key), item])));
}
