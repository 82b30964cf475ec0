import { useEffect } from 'preact/hooks';
import { runner } from '../data/api.ts';
import { useLoad } from '../data/load.ts';
import type { FormField, Target } from '../data/shapes.ts';
import { words } from '../words.ts';
import { Check, Field, Input, Select, Status } from './basics.tsx';
import { flat } from './target.tsx';

export type Values = Readonly<Record<string, unknown>>;

/** The values that a form begins with. */
export const defaultsOf = (fields: readonly FormField[]): Values =>
  Object.fromEntries(
    fields.flatMap((field) => {
      if (field.type === 'group') return [[field.name, defaultsOf(field.fields ?? [])]];
      return field.default === undefined || field.default === null ? [] : [[field.name, field.default]];
    }),
  );

const within = (values: Values, field: FormField): Values => (values[field.name] ?? {}) as Values;

/** What is wrong, by the path of the field (`disk.warning`); the server checks again. */
export const wrongIn = (fields: readonly FormField[], values: Values, above = ''): Readonly<Record<string, string>> =>
  Object.assign(
    {},
    ...fields.map((field) => {
      const path = above + field.name;
      if (field.type === 'group') return wrongIn(field.fields ?? [], within(values, field), `${path}.`);
      const wrong = wrongOf(field, values[field.name]);
      return wrong === undefined ? {} : { [path]: wrong };
    }),
  ) as Record<string, string>;

const isNumber = ({ type }: FormField): boolean => type === 'int' || type === 'number';

function wrongOf(field: FormField, value: unknown): string | undefined {
  const missing = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (missing) return field.required ? words.form.required : undefined;
  if (isNumber(field)) {
    const n = Number(value);
    if (Number.isNaN(n)) return words.form.number;
    if (field.type === 'int' && !Number.isInteger(n)) return words.form.whole;
    if (field.min !== undefined && n < field.min) return words.form.least(field.min);
    if (field.max !== undefined && n > field.max) return words.form.most(field.max);
  }
  return field.pattern !== undefined && typeof value === 'string' && !fits(field.pattern, value)
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

/** What is sent: numbers as numbers, nothing as nothing; secrets apart from the rest, which the master hides. */
export function given(fields: readonly FormField[], values: Values): { readonly parameters: Values; readonly secrets: Values } {
  const parameters: Record<string, unknown> = {};
  const secrets: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (field.type === 'group') {
      const inner = given(field.fields ?? [], within(values, field));
      if (Object.keys(inner.parameters).length > 0) parameters[field.name] = inner.parameters;
      if (Object.keys(inner.secrets).length > 0) secrets[field.name] = inner.secrets;
    } else if (value === undefined || value === '') continue;
    else if (field.type === 'secret') secrets[field.name] = value;
    else parameters[field.name] = isNumber(field) ? Number(value) : value;
  }
  return { parameters, secrets };
}

interface FormProps {
  readonly plugin: string;
  readonly fields: readonly FormField[];
  readonly values: Values;
  readonly onValues: (values: Values) => void;
  readonly target: Target;
  /** What is wrong, by path, as far as it is shown already. */
  readonly wrong: Readonly<Record<string, string>>;
  /** Of the group that these are in. */
  readonly above?: string;
}

export const FormFields = ({ plugin, fields, values, onValues, target, wrong, above = '' }: FormProps) => (
  <div class="form">
    {fields.map((field) => {
      const set = (value: unknown): void => onValues({ ...values, [field.name]: value });
      const path = above + field.name;
      if (field.type === 'group')
        return (
          <fieldset class="inset stack tight" key={path}>
            <legend class="label">{field.title}</legend>
            {field.help !== '' && <p class="soft small">{field.help}</p>}
            <FormFields
              plugin={plugin}
              fields={field.fields ?? []}
              values={within(values, field)}
              onValues={set}
              target={target}
              wrong={wrong}
              above={`${path}.`}
            />
          </fieldset>
        );
      return (
        <FieldOf
          key={path}
          plugin={plugin}
          path={path}
          field={field}
          value={values[field.name]}
          target={target}
          wrong={wrong[path]}
          onValue={set}
        />
      );
    })}
  </div>
);

interface FieldProps {
  readonly plugin: string;
  readonly path: string;
  readonly field: FormField;
  readonly value: unknown;
  readonly onValue: (value: unknown) => void;
  readonly target: Target;
  readonly wrong: string | undefined;
}

function FieldOf(props: FieldProps) {
  const { field, value, onValue, wrong } = props;
  const label = `${field.title}${field.required ? ' *' : ''}`;
  const hint = field.help === '' ? undefined : field.help;
  if (field.type === 'bool')
    return (
      <Check on={value === true} onChange={onValue}>
        {label} <span class="soft small">{hint}</span>
      </Check>
    );
  if (field.type === 'choice' || field.type === 'multichoice') return <Choices {...props} label={label} hint={hint} />;
  const type = field.type === 'secret' ? 'password' : isNumber(field) ? 'number' : 'text';
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

/** Choices that stand in the form, or that a function computes for the minions that are meant. */
function Choices({
  plugin,
  path,
  field,
  value,
  onValue,
  target,
  wrong,
  label,
  hint,
}: FieldProps & { label: string; hint: string | undefined }) {
  const fixed = Array.isArray(field.choices);
  const computed = useLoad(`${plugin} ${path} ${fixed ? '' : JSON.stringify(target)}`, async () =>
    fixed
      ? (field.choices as readonly string[])
      : await runner<readonly string[]>('plugins.choices', { name: plugin, field: path, ...flat(target) }),
  );
  const options = (computed.value ?? []).map((choice) => ({ value: choice, text: choice }));
  const many = field.type === 'multichoice';
  const [first] = options;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  // A choice of one thing always has one, as a select box shows.
  useEffect(() => {
    if (!many && field.required && first !== undefined && (value === undefined || value === '')) onValue(first.value);
  }, [many, field.required, first, value, onValue]);
  if (computed.error !== undefined) return <Status mark="error" text={`${label}: ${computed.error.message}`} />;
  if (computed.value === undefined) return <Status mark="wait" text={`${label}: ${words.form.choosing}`} />;
  if (many)
    return (
      <fieldset class="plain stack tight" data-field={path}>
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
        choices={field.required ? options : [{ value: '', text: words.form.nothing }, ...options]}
      />
    </Field>
  );
}
