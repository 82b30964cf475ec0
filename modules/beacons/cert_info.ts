import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type BeaconCtx, beacon, type Returnable } from '../define.ts';
import { checked, isMap, optionsOf } from './config.ts';

const NOTIFY_DAYS = 45;
const DAY_MS = 86_400_000;

export default beacon({
  name: 'cert_info',
  doc: 'Tell the certificates that expire within some days; a negative number of days tells always.',
  example:
    'cert_info:\n  - files:\n      - /etc/pki/tls/certs/mycert.pem\n      - /etc/pki/tls/certs/yourcert.pem:\n          notify_days: 15\n  - notify_days: 45',
  validate: checked('cert_info', (options) =>
    'files' in options ? undefined : 'Configuration for cert_info beacon must contain files option.',
  ),
  open: (config, ctx) => ({
    collect: async () => {
      const { files, notify_days } = optionsOf(config);
      const certificates: Returnable[] = [];
      for (const entry of Array.isArray(files) ? files : []) {
        const [path, own] = isMap(entry) ? (Object.entries(entry)[0] ?? ['', null]) : [String(entry), null];
        const days = Number((isMap(own) ? own['notify_days'] : undefined) ?? notify_days ?? NOTIFY_DAYS);
        const certificate = await read(path, ctx);
        if (certificate === undefined) continue;
        const left = Math.floor((Date.parse(certificate.validTo) - Date.now()) / DAY_MS);
        if (days < 0 || left <= days) certificates.push(described(path, certificate));
      }
      return certificates.length === 0 ? [] : [{ certificates }];
    },
  }),
});

async function read(path: string, { log }: BeaconCtx): Promise<X509Certificate | undefined> {
  try {
    return new X509Certificate(await readFile(path));
  } catch (error) {
    log.error(`Unable to load certificate ${path} (${error instanceof Error ? error.message : String(error)})`);
    return undefined;
  }
}

/** With the names and forms of pyOpenSSL, as far as Node tells them. */
function described(path: string, certificate: X509Certificate): Returnable {
  const [issuer, subject] = [parts(certificate.issuer), parts(certificate.subject)];
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  return {
    cert_path: path,
    issuer: listed(issuer),
    issuer_dict: Object.fromEntries(issuer),
    notAfter_raw: raw(to),
    notAfter: spaced(to),
    notBefore_raw: raw(from),
    notBefore: spaced(from),
    serial_number: BigInt(`0x${certificate.serialNumber}`),
    subject: listed(subject),
    subject_dict: Object.fromEntries(subject),
    extensions: certificate.subjectAltName === undefined ? [] : [{ ext_name: 'subjectAltName', ext_data: certificate.subjectAltName }],
    has_expired: to.getTime() < Date.now(),
  };
}

const parts = (name: string): [string, string][] =>
  name.split('\n').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
const listed = (name: readonly (readonly [string, string])[]): string => name.map(([key, value]) => `${key}="${value}"`).join(',');
const iso = (date: Date): string => date.toISOString().slice(0, 19);
const raw = (date: Date): string => `${iso(date).replace(/[-:T]/g, '')}Z`;
const spaced = (date: Date): string => `${iso(date).replace('T', ' ')}Z`;
