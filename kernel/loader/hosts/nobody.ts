import type { Others } from '../callable.ts';
import { NotAvailable } from '../errors.ts';

/** Those that modules find before the loader has asked for them. */
export const nobody: Others = {
  call: (fun) => Promise.reject(new NotAvailable(`'${fun}' is not available.`)),
  has: async () => false,
  own: async () => false,
  names: async () => [],
};
