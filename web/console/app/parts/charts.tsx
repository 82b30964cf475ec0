import { useEffect, useMemo, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { runner } from '../data/api.ts';
import { useEvery } from '../data/live.ts';
import { useLoad } from '../data/load.ts';
import type { MetricsAnswer, Series } from '../data/shapes.ts';
import { counted } from '../data/text.ts';
import { place, setQuery } from '../shell/router.ts';
import { shownTheme } from '../shell/theme.ts';
import { words } from '../words.ts';
import { Empty, Find, Segments, Show } from './basics.tsx';

/** Metrics arrive this often, in ms. */
const BEAT = 15_000;
const SPANS: Readonly<Record<string, number>> = { '15m': 900, '1h': 3600, '6h': 21_600, '1d': 86_400, '7d': 604_800 };
/** Lines in one chart: more cannot be told from each other. */
const MOST_LINES = 8;
const MOST_CHARTS = 24;

interface ChartsProps {
  readonly minion?: string | undefined;
  readonly group?: string | undefined;
}

/** Charts of all metrics of a minion or group, moving on as new values arrive. */
export function Charts({ minion, group }: ChartsProps) {
  const { query } = place.value;
  const span = query.get('span') ?? '1h';
  const search = query.get('metric') ?? '';
  const who = { minion, group };
  const aggregate = query.get('of') ?? 'mean';
  const names = useLoad(JSON.stringify(who), () => runner<readonly string[]>('metrics.names', who));
  const wanted = (names.value ?? []).filter((name) => name.includes(search)).slice(0, MOST_CHARTS);
  const seconds = SPANS[span] ?? 3600;
  const answer = useLoad(JSON.stringify({ who, wanted, span, aggregate }), async () =>
    wanted.length === 0
      ? undefined
      : await runner<MetricsAnswer>('metrics.query', {
          ...who,
          names: wanted,
          from: new Date(Date.now() - seconds * 1000).toISOString(),
          until: new Date().toISOString(),
          points: 240,
          aggregate: group === undefined ? undefined : aggregate,
        }),
  );
  useEvery(BEAT, () => {
    names.reload();
    answer.reload();
  });
  return (
    <>
      <div class="tools">
        <Find value={search} onValue={(metric) => setQuery({ metric })} placeholder={words.monitoring.search} />
        <Segments
          name={words.monitoring.span}
          value={span}
          onValue={(next) => setQuery({ span: next === '1h' ? '' : next })}
          choices={Object.keys(SPANS).map((value) => ({ value, text: value }))}
        />
        {group !== undefined && (
          <Segments
            name={words.monitoring.aggregate}
            value={aggregate}
            onValue={(next) => setQuery({ of: next === 'mean' ? '' : next })}
            choices={(['mean', 'sum', 'each'] as const).map((value) => ({ value, text: words.monitoring.aggregates[value] }))}
          />
        )}
      </div>
      <Show of={names}>
        {(all) =>
          wanted.length === 0 ? (
            <div class="card">
              <Empty icon="monitoring" title={all.length === 0 ? words.monitoring.none : words.monitoring.noneFits}>
                {all.length === 0 && <p>{words.monitoring.noneHint}</p>}
              </Empty>
            </div>
          ) : (
            <Show of={answer}>{(value) => <ChartGrid names={wanted} of={value} />}</Show>
          )
        }
      </Show>
    </>
  );
}

const ChartGrid = ({ names, of }: { names: readonly string[]; of: MetricsAnswer | undefined }) => (
  <div class="columns">
    {names.map((name) => (
      <Chart
        key={name}
        name={name}
        of={(of?.series ?? []).filter((series) => series.name === name)}
        from={secondsOf(of?.from)}
        step={of?.step ?? 15}
      />
    ))}
  </div>
);

const secondsOf = (time: string | number | undefined): number =>
  typeof time === 'number' ? time : time === undefined ? 0 : Date.parse(time) / 1000;

interface ChartProps {
  readonly name: string;
  readonly of: readonly Series[];
  /** Seconds since 1970 of the first point, and between points. */
  readonly from: number;
  readonly step: number;
}

function Chart({ name, of, from, step }: ChartProps) {
  const lines = useMemo(() => [...of].sort((a, b) => lastOf(b) - lastOf(a)).slice(0, MOST_LINES), [of]);
  const last = lines[0] === undefined ? undefined : lastOf(lines[0]);
  return (
    <figure
      class="card"
      data-metric={name}
      data-points={of.reduce((n, { points }) => n + points.filter((point) => point !== null).length, 0)}
    >
      <header>
        <h3 class="cut mono">{name}</h3>
        <span class="soft">{last === undefined || last === Number.NEGATIVE_INFINITY ? '–' : figure(last)}</span>
      </header>
      <div class="chart">
        <Plot lines={lines} from={from} step={step} />
        {lines.length > 1 && (
          <div class="legend">
            {lines.map((line, i) => (
              <span key={line.minion}>
                <svg width="14" height="8" aria-hidden="true">
                  <path d="M0 4h14" stroke={colourOf(i)} stroke-width="2" stroke-dasharray={DASHES[i]?.join(' ')} />
                </svg>
                {line.minion}
              </span>
            ))}
            {of.length > lines.length && <span>{words.monitoring.andMore(counted(of.length - lines.length))}</span>}
          </div>
        )}
      </div>
    </figure>
  );
}

const lastOf = ({ points }: Series): number => points.findLast((point) => point !== null) ?? Number.NEGATIVE_INFINITY;

function figure(n: number): string {
  const size = Math.abs(n);
  for (const [least, unit] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (size >= least) return `${(n / least).toPrecision(3)} ${unit}`;
  return Number.isInteger(n) ? String(n) : n.toPrecision(3);
}

/** Shades of the accent's family, with dashes: lines differ without colour too. */
const HUES = [232, 200, 172, 262, 290, 215, 185, 245];
const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [], [6, 3], [2, 3], [8, 3, 2, 3]];
const colourOf = (i: number): string => `hsl(${HUES[i] ?? 232} 60% ${shownTheme.value === 'dark' ? 70 : 45}%)`;

function Plot({ lines, from, step }: { lines: readonly Series[]; from: number; step: number }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const key = `${lines.map(({ minion }) => minion).join(' ')} ${shownTheme.value}`;
  const data = useMemo(() => {
    const length = Math.max(0, ...lines.map(({ points }) => points.length));
    return [Array.from({ length }, (_, i) => from + i * step), ...lines.map(({ points }) => [...points])] as UPlot.AlignedData;
  }, [lines, from, step]);
  const latest = useRef(data);
  latest.current = data;
  // Other lines or colours are another drawing; new points are not.
  useEffect(() => {
    const own = box.current;
    if (own === null) return undefined;
    const made = new UPlot(optionsOf(own.clientWidth, key.split(' ').length - 1), latest.current, own);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: own.clientWidth, height: HEIGHT }));
    watch.observe(own);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [key]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div class="plot" ref={box} />;
}

const HEIGHT = 168;

/** Days have a date, all else a clock of 24 hours. */
function clock(seconds: number): string {
  const at = new Date(seconds * 1000);
  return at.getHours() + at.getMinutes() === 0 ? DATE.format(at) : CLOCK.format(at);
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
const DATE = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

function optionsOf(width: number, lines: number): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const [soft, line] = [style.getPropertyValue('--soft'), style.getPropertyValue('--line')];
  const axis: UPlot.Axis = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui' };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 6 } },
    axes: [
      { ...axis, values: (_own, values) => values.map(clock) },
      { ...axis, size: 52, values: (_own, values) => values.map((value) => figure(value)) },
    ],
    series: [
      {},
      ...Array.from({ length: lines }, (_, i) => ({
        stroke: colourOf(i),
        width: 1.6,
        dash: DASHES[i] ?? [],
        spanGaps: false,
        points: { show: false },
        ...(lines === 1 ? { fill: `hsl(${HUES[0]} 60% 55% / 10%)` } : {}),
      })),
    ],
  };
}
