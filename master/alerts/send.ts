import { createHmac } from 'node:crypto';
import { VERSION } from '../../kernel/version.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { Channel, MailChannel, WebhookChannel } from './channel.ts';
import type { Alert } from './sqlite.ts';

/** Hands an alert over; `master`: the id of this one. @throws what stood in the way */
export type Send = (channel: Channel, alert: Alert, master: string) => Promise<void>;

const PATIENCE_MS = 15_000;

export const sendAlert: Send = async (channel, alert, master) => {
  if (channel.kind === 'webhook') await post(channel, alert, master);
  else await mail(channel, alert, master);
};

/** The HMAC-SHA256 of a body, as the header `X-Tsalt-Signature-256` has it. */
export const signatureOf = (body: string, secret: string): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

async function post({ url, secret }: WebhookChannel, { n, at, kind, state, subject, message }: Alert, master: string): Promise<void> {
  const body = JSON.stringify({ id: n, master, at: new Date(at).toISOString(), kind, state, subject, message });
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': `tsalt/${VERSION}`,
      'x-tsalt-delivery': String(n),
      ...(secret === '' ? {} : { 'x-tsalt-signature-256': signatureOf(body, secret) }),
    },
    // Another place than the one that was configured is not told.
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new TsaltError('not-taken', `it answered with the status ${response.status}`);
}

async function mail({ host, port, security, user, password, from, to }: MailChannel, alert: Alert, master: string): Promise<void> {
  // Read when there is a mail to send: most masters send none.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === '' ? {} : { auth: { user, pass: password } }),
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from,
      to: [...to],
      subject: `[${master}] ${alert.subject}`.replace(/[\r\n]+/g, ' ').slice(0, 200),
      text: `${alert.message}\n\n${new Date(alert.at).toISOString()}, ${alert.kind}, ${alert.state}\n`,
      headers: { 'X-Tsalt-Delivery': String(alert.n), 'Auto-Submitted': 'auto-generated' },
    });
  } finally {
    transport.close();
  }
}
