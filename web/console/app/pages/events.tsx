import { useRef, useState } from 'preact/hooks';
import { type LiveEvent, useLive, useThrottled } from '../data/live.ts';
import { Button, Empty, Head, Input, Status } from '../parts/basics.tsx';
import { brief, Value } from '../parts/value.tsx';
import { place, setQuery } from '../shell/router.ts';
import { words } from '../words.ts';

interface Heard extends LiveEvent {
  readonly n: number;
  readonly at: Date;
}

/** Events kept and shown; older ones go. */
const MOST = 500;
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
});

export function Events() {
  const tag = place.value.query.get('tag') ?? '*';
  const [paused, setPaused] = useState(false);
  const [shown, setShown] = useState<readonly Heard[]>([]);
  const kept = useRef<Heard[]>([]);
  const count = useRef(0);
  const draw = useThrottled(() => !paused && setShown([...kept.current]), 200);
  useLive(tag, (event) => {
    if (event.tag === 'gap') return;
    count.current += 1;
    kept.current = [{ ...event, n: count.current, at: new Date() }, ...kept.current].slice(0, MOST);
    draw();
  });
  const toggle = (): void => {
    if (paused) setShown([...kept.current]);
    setPaused(!paused);
  };
  return (
    <>
      <Head title={words.events.title} about={words.events.about}>
        <Status mark={paused ? null : 'ok'} text={paused ? words.events.paused : words.events.live} />
      </Head>
      <div class="tools">
        <Input
          value={tag}
          onValue={(next) => {
            kept.current = [];
            setShown([]);
            setQuery({ tag: next === '*' ? '' : next });
          }}
          mono
          name={words.events.tag}
          placeholder="salt/job/*"
        />
        <Button icon={paused ? 'run' : 'pause'} onPress={toggle}>
          {paused ? words.events.resume : words.events.pause}
        </Button>
        <Button
          kind="bare"
          onPress={() => {
            kept.current = [];
            setShown([]);
          }}
        >
          {words.events.clear}
        </Button>
      </div>
      {shown.length === 0 ? (
        <div class="card">
          <Empty icon="events" title={words.events.none}>
            <p>{words.events.noneHint}</p>
          </Empty>
        </div>
      ) : (
        <ul class="card returns">
          {shown.map((event) => (
            <li key={event.n} data-event={event.tag}>
              <details>
                <summary class="event">
                  <span class="soft small nowrap">{CLOCK.format(event.at)}</span>
                  <span class="mono small cut">
                    <b>{event.tag}</b> <span class="soft">{brief(event.data)}</span>
                  </span>
                </summary>
                <div class="body value">
                  <Value of={event.data} />
                </div>
              </details>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
