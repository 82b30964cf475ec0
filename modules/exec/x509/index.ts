import { execModule } from '../../define.ts';
import { certificateCalls } from './certificate_calls.ts';
import { keyCalls } from './key_calls.ts';
import { readingCalls } from './reading_calls.ts';

export default execModule({
  name: 'x509',
  doc: 'Certificates, their keys, signing requests and revocation lists.',
  calls: { ...certificateCalls, ...keyCalls, ...readingCalls },
});
