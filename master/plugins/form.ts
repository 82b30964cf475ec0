import { RE2JS } from 're2js';
import type { Returnable } from '../../modules/define.ts';
import type { Field } from './definition.ts';

export type Parameters = Readonly<Record<string, Returnable>>;

/** What a form made of what was given: values with defaults filled in, and what is wrong, by field (`disk.warning`). */
export interface Checked {
  readonly values: Parameters;
  readonly secrets: Parameters;
  readonly errors: Readonly<Record<string, string>>;
}

const LONGEST = 64 * 1024;
const NAME = 256;
const MOST_CHOSEN = 1000;

/**
 * Fits parameters to a form. Secrets are given apart from the others, so that one rule hides them everywhere: a field of the
 * type secret is looked for in `secrets` only. Without a form everything is taken.
 */
export function check(form: readonly Field[] | undefined, given: Parameters, secrets: Parameters): Checked {
  if (form === undefined) return { values: given, secrets, errors: {} };
  const errors: Record<string, string> = Object.create(null);
  const values = level(form, given, '', errors, false);
  const hidden = level(form, secrets, '', errors, true);
  return { values, secrets: hidden, errors };
}

function level(form: readonly Field[], given: Parameters, above: string, errors: Record<string, string>, secret: boolean): Parameters {
  const made: Record<string, Returnable> = Object.create(null);
  for (const name of Object.keys(given)) {
    const field = form.find((one) => one.name === name);
    if (field === undefined) errors[`${above}${name}`] = 'there is no such field';
    else if (!secret && field.type === 'secret')
      errors[`${above}${name}`] = 'this is a secret: give it under "secrets", where it is hidden';
    else if (secret && field.type !== 'secret' && field.type !== 'group')
      errors[`${above}${name}`] = 'this is no secret: give it under "parameters"';
  }
  for (const field of form) {
    if (field.type === 'group') {
      const inner = given[field.name] ?? {};
      if (!isMap(inner)) errors[`${above}${field.name}`] = 'a map of fields is expected';
      else {
        const found = level(field.fields ?? [], inner, `${above}${field.name}.`, errors, secret);
        if (!secret || Object.keys(found).length > 0) made[field.name] = found;
      }
      continue;
    }
    if ((field.type === 'secret') !== secret) continue;
    const value = given[field.name] ?? field.default;
    const isEmpty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
    if (isEmpty) {
      if (field.required) errors[`${above}${field.name}`] = 'this is required';
      else if (Array.isArray(value)) made[field.name] = value;
      continue;
    }
    const fitted = fit(field, value);
    if ('wrong' in fitted) errors[`${above}${field.name}`] = fitted.wrong;
    else made[field.name] = fitted.value;
  }
  return made;
}

type Fitted = { readonly value: Returnable } | { readonly wrong: string };
const wrong = (text: string): Fitted => ({ wrong: text });

function fit(field: Field, value: Returnable): Fitted {
  switch (field.type) {
    case 'int':
    case 'number':
      return fitNumber(field, value);
    case 'bool':
      return typeof value === 'boolean' ? { value } : wrong('true or false is expected');
    case 'choice':
      return typeof value === 'object' ? wrong('one of the choices is expected') : fitChoice(field, String(value));
    case 'multichoice':
      return fitChoices(field, value);
    case 'minion':
      return typeof value === 'string' && /^[^\s/\0]{1,255}$/.test(value) ? { value } : wrong('the id of a minion is expected');
    default:
      return fitText(field, value);
  }
}

function fitNumber({ type, min, max }: Field, value: Returnable): Fitted {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return wrong('a number is expected');
  if (type === 'int' && !Number.isInteger(number)) return wrong('a whole number is expected');
  if (min !== undefined && number < min) return wrong(`at least ${min} is expected`);
  if (max !== undefined && number > max) return wrong(`at most ${max} is expected`);
  return { value: number };
}

function fitChoice({ choices }: Field, value: string): Fitted {
  if (value.length > NAME) return wrong(`a choice has ${NAME} characters at most`);
  return isList(choices) && !choices.includes(value) ? wrong(`one of ${choices.join(', ')} is expected`) : { value };
}

function fitChoices(field: Field, value: Returnable): Fitted {
  const list = typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value;
  if (!Array.isArray(list) || list.some((one) => typeof one === 'object')) return wrong('a list of choices is expected');
  if (list.length > (field.max ?? MOST_CHOSEN)) return wrong(`at most ${field.max ?? MOST_CHOSEN} may be chosen`);
  if (list.length < (field.min ?? 0)) return wrong(`at least ${field.min} must be chosen`);
  const all = list.map((one) => fitChoice(field, String(one)));
  return all.find((one) => 'wrong' in one) ?? { value: list.map(String) };
}

function fitText({ min, max, pattern }: Field, value: Returnable): Fitted {
  if (typeof value !== 'string' && typeof value !== 'number') return wrong('a text is expected');
  const text = String(value);
  if (text.length < (min ?? 0)) return wrong(`at least ${min} characters are expected`);
  if (text.length > (max ?? LONGEST)) return wrong(`at most ${max ?? LONGEST} characters are expected`);
  if (pattern !== undefined && !RE2JS.compile(pattern).matcher(text).matches()) return wrong(`it does not fit the pattern ${pattern}`);
  return { value: text };
}

const isList = (choices: Field['choices']): choices is readonly string[] => Array.isArray(choices);

const isMap = (value: Returnable): value is Parameters =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map) && !ArrayBuffer.isView(value);
