import { useEffect } from 'preact/hooks';
import { runner } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { FormField, Target } from '../data/shapes.ts';
import { words } from '../words.ts';
import { Check, Field, Input, Select, Status } from './basics.tsx';

export type Values = Readonly<Record<string, unknown>>;

/** The values that a form begins with. */
export const defaultsOf = (fields: readonly FormField[]): Values =>
  Object.fromEntries(
    fields.filter((field) => field.default !== undefined && field.default !== null).map((field) => [field.name, field.default]),
  );

const isMany = (field: FormField): boolean => field.multiple === true || /^(list|set|choices|multi.*)$/.test(field.type);
const isChoice = (field: FormField): boolean =>
  field.choices !== undefined && field.choices !== null ? true : /^choices?$/.test(field.type);

/** What is wrong with each field; the server checks again. */
export function wrongIn(fields: readonly FormField[], values: Values): Readonly<Record<string, string>> {
  const found = fields.flatMap((field) => {
    const wrong = wrongOf(field, values[field.name]);
    return wrong === undefined ? [] : [[field.name, wrong]];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

function wrongOf(field: FormField, value: unknown): string | undefined {
  const missing = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (missing) return field.required === true ? words.form.required : undefined;
  if (/^(int|integer|number|float)$/.test(field.type)) {
    const n = Number(value);
    if (Number.isNaN(n)) return words.form.number;
    if (/^int/.test(field.type) && !Number.isInteger(n)) return words.form.whole;
    if (typeof field.min === 'number' && n < field.min) return words.form.least(field.min);
    if (typeof field.max === 'number' && n > field.max) return words.form.most(field.max);
  }
  return typeof field.pattern === 'string' && typeof value === 'string' && !fits(field.pattern, value)
    ? words.form.pattern(field.pattern)
    : undefined;
}

function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch {
    return true; // a pattern of another dialect: the server decides
  }
}

/** Numbers as numbers, nothing as nothing. */
export const typed = (fields: readonly FormField[], values: Values): Values =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field.name];
      if (value === undefined || value === '') return [];
      return [[field.name, /^(int|integer|number|float)$/.test(field.type) ? Number(value) : value]];
    }),
  );

interface FormProps {
  readonly plugin: string;
  readonly fields: readonly FormField[];
  readonly values: Values;
  readonly onValues: (values: Values) => void;
  readonly target: Target;
  /** Whether what is wrong is shown already. */
  readonly shown: boolean;
}

export const FormFields = ({ plugin, fields, values, onValues, target, shown }: FormProps) => {
  const wrong = shown ? wrongIn(fields, values) : {};
  return (
    <div class="form">
      {fields.map((field) => (
        <FieldOf
          key={field.name}
          plugin={plugin}
          field={field}
          value={values[field.name]}
          target={target}
          wrong={wrong[field.name]}
          onValue={(value) => onValues({ ...values, [field.name]: value })}
        />
      ))}
    </div>
  );
};

interface FieldProps {
  readonly plugin: string;
  readonly field: FormField;
  readonly value: unknown;
  readonly onValue: (value: unknown) => void;
  readonly target: Target;
  readonly wrong: string | undefined;
}

function FieldOf({ plugin, field, value, onValue, target, wrong }: FieldProps) {
  const label = `${field.label ?? field.name}${field.required === true ? ' *' : ''}`;
  const hint = field.help ?? undefined;
  if (/^bool/.test(field.type))
    return (
      <Check on={value === true} onChange={onValue}>
        {label} <span class="soft small">{hint}</span>
      </Check>
    );
  if (isChoice(field)) return <Choices {...{ plugin, field, value, onValue, target, wrong, label, hint }} />;
  if (isMany(field)) {
    const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
    return (
      <Field label={label} hint={hint ?? words.form.listHint} wrong={wrong}>
        <Input value={text} onValue={(next) => onValue(next.split(/\s*,\s*/).filter((item) => item !== ''))} wrong={wrong !== undefined} />
      </Field>
    );
  }
  const type =
    field.type === 'secret' || field.type === 'password' ? 'password' : /^(int|integer|number|float)$/.test(field.type) ? 'number' : 'text';
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {field.type === 'text' ? (
        <textarea class="input" value={String(value ?? '')} onInput={(event) => onValue(event.currentTarget.value)} />
      ) : (
        <Input type={type} value={String(value ?? '')} onValue={onValue} wrong={wrong !== undefined} />
      )}
    </Field>
  );
}

interface Option {
  readonly value: string;
  readonly text: string;
}

/** Choices are a list of texts or of `{value, label}`. */
function optionsOf(given: unknown): Option[] {
  const list = Array.isArray(given)
    ? given
    : typeof given === 'object' && given !== null
      ? Object.entries(given).map(([value, label]) => ({ value, label }))
      : [];
  return list.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) return { value: String(item), text: String(item) };
    const { value, label, title } = item as { value?: unknown; label?: unknown; title?: unknown };
    return { value: String(value), text: String(label ?? title ?? value) };
  });
}

/** Choices that stand in the form, or that a function of the plugin computes for the minions that are meant. */
function Choices({ plugin, field, value, onValue, target, wrong, label, hint }: FieldProps & { label: string; hint: string | undefined }) {
  const fixed =
    Array.isArray(field.choices) || (typeof field.choices === 'object' && field.choices !== null && !('function' in field.choices));
  const computed = useLoad(`${plugin} ${field.name} ${fixed} ${JSON.stringify(target)}`, async () =>
    fixed
      ? field.choices
      : await runner<unknown>('plugins.choices', { name: plugin, field: field.name, kind: target.kind, expression: target.expression }),
  );
  const options = optionsOf(computed.value);
  const many = isMany(field);
  const [first] = options;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  // A choice of one thing always has one, as a select box shows.
  useEffect(() => {
    if (!many && field.required === true && first !== undefined && (value === undefined || value === '')) onValue(first.value);
  }, [many, field.required, first, value, onValue]);
  if (computed.error !== undefined) return <Status mark="error" text={`${label}: ${computed.error.message}`} />;
  if (computed.value === undefined) return <Status mark="wait" text={`${label}: ${words.form.choosing}`} />;
  if (many)
    return (
      <fieldset class="plain stack tight" data-field={field.name}>
        <legend class="label">{label}</legend>
        <div class="choices">
          {options.map((option) => (
            <Check
              key={option.value}
              on={chosen.includes(option.value)}
              onChange={(on) => onValue(on ? [...chosen, option.value] : chosen.filter((item) => item !== option.value))}
            >
              {option.text}
            </Check>
          ))}
          {options.length === 0 && <span class="soft">{words.form.noChoices}</span>}
        </div>
        {wrong !== undefined ? <span class="error small">{wrong}</span> : hint !== undefined && <span class="soft small">{hint}</span>}
      </fieldset>
    );
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      <Select
        value={String(value ?? '')}
        onValue={onValue}
        choices={field.required === true ? options : [{ value: '', text: words.form.nothing }, ...options]}
      />
    </Field>
  );
}
