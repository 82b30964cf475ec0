import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { ALERT_KINDS, masked } from '../alerts/channel.ts';

const NAME = { type: 'string', required: true, doc: 'its name' } as const;

/** Where alerts are told. */
export const alertWheel = (alerts: Alerts): ExecModule =>
  execModule({
    name: 'alert',
    doc: 'Alert channels: web addresses and mail receivers that are told what is wrong.',
    calls: {
      save_channel: call({
        doc: 'Make an alert channel, or change what is given of one.',
        examples: [
          'tsalt-run wheel.alert.save_channel name=chat kind=webhook url=https://chat.example.com/hook secret=...',
          'tsalt-run wheel.alert.save_channel name=ops kind=mail host=mail.example.com from=tsalt@example.com to=ops@example.com',
        ],
        args: {
          name: NAME,
          kind: { type: 'string', doc: 'webhook or mail' },
          enabled: { type: 'boolean', doc: 'whether it is told anything' },
          on: { type: 'list', doc: `of what it is told: ${ALERT_KINDS.join(', ')}; all unless given` },
          repeat: { type: 'number', doc: 'seconds after which a problem that lasts is told again, 0: never; 4 hours unless given' },
          url: { type: 'string', doc: 'webhook: the http or https address that is posted to' },
          secret: { type: 'string', doc: 'webhook: the key by which what is posted is signed' },
          host: { type: 'string', doc: 'mail: the mail server' },
          port: { type: 'number', doc: 'mail: its port; 587, or 465 with tls' },
          security: { type: 'string', doc: 'mail: starttls (unless given), tls or none' },
          user: { type: 'string', doc: 'mail: the account at the server' },
          password: { type: 'string', doc: 'mail: its password' },
          from: { type: 'string', doc: 'mail: the address of the sender' },
          to: { type: 'list', doc: 'mail: the addresses of the receivers' },
        },
        changes: true,
        run: (_ctx, fields) => masked(alerts.saveChannel(fields)) as Returnable,
      }),
      delete_channel: call({
        doc: 'Delete an alert channel, with what waits for it.',
        examples: ['tsalt-run wheel.alert.delete_channel name=chat'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => {
          alerts.deleteChannel(name);
          return true;
        },
      }),
      test: call({
        doc: 'Tell a channel something now, and say whether it took it.',
        examples: ['tsalt-run wheel.alert.test name=chat'],
        args: { name: NAME },
        changes: true,
        run: async (_ctx, { name }) => {
          await alerts.test(name);
          return true;
        },
      }),
    },
  });
