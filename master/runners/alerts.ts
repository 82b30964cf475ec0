import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { masked } from '../alerts/channel.ts';

const MOST = 1000;

/** What was told to the alert channels. */
export const alertsRunner = (alerts: Alerts): ExecModule =>
  execModule({
    name: 'alerts',
    doc: 'Alerts: what was wrong, and who was told.',
    calls: {
      list: call({
        doc: 'List alerts, newest first. `delivered`: whether all channels have taken it.',
        examples: ['tsalt-run alerts.list', 'tsalt-run alerts.list limit=10'],
        args: { limit: { type: 'number', doc: `the newest so many, ${MOST} at most`, default: 100 } },
        changes: false,
        run: (_ctx, { limit }) =>
          alerts.list(Math.min(Math.max(1, limit), MOST)).map(({ n, at, kind, state, subject, message, deliveries }) => ({
            n,
            at: new Date(at).toISOString(),
            kind,
            state,
            subject,
            message,
            channels: deliveries.map(({ channel }) => channel),
            delivered: deliveries.every((delivery) => delivery.state === 'sent'),
            deliveries: deliveries.map(({ due: _due, ...delivery }) => delivery),
          })),
      }),
      channels: call({
        doc: 'List the alert channels, secrets as stars.',
        examples: ['tsalt-run alerts.channels'],
        args: {},
        changes: false,
        run: () => alerts.channels().map((channel) => masked(channel) as Returnable),
      }),
    },
  });
