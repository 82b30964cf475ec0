import { stateModule } from '../../define.ts';
import { certificate_managed } from './certificate.ts';
import { crl_managed } from './list.ts';
import { pem_managed } from './pem.ts';
import { private_key_managed } from './private_key.ts';
import { csr_managed } from './request.ts';

/** Keys and certificates. */
export default stateModule({
  name: 'x509',
  doc: 'Private keys, certificates, signing requests and revocation lists.',
  states: { certificate_managed, crl_managed, csr_managed, pem_managed, private_key_managed },
});
