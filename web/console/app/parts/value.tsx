import { useState } from 'preact/hooks';
import { counted } from '../data/text.ts';
import { words } from '../words.ts';
import { Button } from './basics.tsx';

/** How many entries of a list or map, and characters of a text, are shown before a person asks for more. */
const ENTRIES = 100;
const CHARACTERS = 20_000;

/** Any value, as text nodes only: lists and maps can be folded, long ones are shown piece by piece. */
export const Value = ({ of, deep = 0 }: { of: unknown; deep?: number }) => {
  if (Array.isArray(of)) return <Entries entries={of.map((item, i) => [String(i), item])} open="[" close="]" deep={deep} />;
  if (typeof of === 'object' && of !== null) return <Entries entries={Object.entries(of)} open="{" close="}" deep={deep} />;
  if (typeof of === 'string') return <Text of={of} />;
  return <span class="soft">{of === undefined ? words.value.nothing : String(of)}</span>;
};

function Text({ of }: { of: string }) {
  const [most, set] = useState(CHARACTERS);
  return (
    <span>
      {of === '' ? <span class="soft">{words.value.empty}</span> : of.slice(0, most)}
      {of.length > most && (
        <div>
          <Button small onPress={() => set(most + 10 * CHARACTERS)}>
            {words.value.moreText(counted(of.length - most))}
          </Button>
        </div>
      )}
    </span>
  );
}

const isSimple = (value: unknown): boolean => typeof value !== 'object' || value === null || Object.keys(value).length === 0;

function Entries({
  entries,
  open,
  close,
  deep,
}: {
  entries: readonly (readonly [string, unknown])[];
  open: string;
  close: string;
  deep: number;
}) {
  const [most, set] = useState(ENTRIES);
  if (entries.length === 0) return <span class="soft">{open + close}</span>;
  return (
    <div class={deep > 0 ? 'inner' : ''}>
      {entries.slice(0, most).map(([key, value]) =>
        isSimple(value) ? (
          <div key={key}>
            <span class="key">{open === '[' ? '- ' : `${key}: `}</span>
            <Value of={value} deep={deep + 1} />
          </div>
        ) : (
          <details key={key} open={deep < 2}>
            <summary>
              <span class="key">{open === '[' ? `- ${key}` : key}</span>
              <span class="soft"> {words.value.entries(Object.keys(value as object).length)}</span>
            </summary>
            <Value of={value} deep={deep + 1} />
          </details>
        ),
      )}
      {entries.length > most && (
        <Button small onPress={() => set(most + 10 * ENTRIES)}>
          {words.value.more(counted(entries.length - most))}
        </Button>
      )}
    </div>
  );
}

/** A list of maps with the same few simple keys reads best as a table; all else as a tree. */
export function Generic({ of }: { of: unknown }) {
  const columns = columnsOf(of);
  if (columns === undefined)
    return (
      <div class="value output">
        <Value of={of} />
      </div>
    );
  const rows = of as readonly Record<string, unknown>[];
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 500).map((row) => (
            <tr key={JSON.stringify(row)}>
              {columns.map((name) => (
                <td key={name}>{textOf(row[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function columnsOf(of: unknown): string[] | undefined {
  if (!Array.isArray(of) || of.length === 0) return undefined;
  const names = new Set<string>();
  for (const row of of.slice(0, 50)) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return undefined;
    for (const [name, value] of Object.entries(row)) {
      if (!isSimple(value)) return undefined;
      names.add(name);
    }
  }
  return names.size <= 8 ? [...names] : undefined;
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : typeof value === 'object' ? '' : String(value));

/** A value in one line. */
export function brief(value: unknown): string {
  if (typeof value === 'string') return value.split('\n', 1)[0]?.slice(0, 200) ?? '';
  const text = JSON.stringify(value) ?? '';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
