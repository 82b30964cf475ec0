import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobStoreContract } from '../../test/contracts/job-store.ts';
import { openJobStore } from './sqlite.ts';

jobStoreContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsalt-jobs-'));
  const open = () => openJobStore({ directory, retention: {}, warn: (message) => process.emitWarning(message) });
  const house = {
    store: await open(),
    async reopen() {
      await house.store[Symbol.asyncDispose]();
      house.store = await open();
    },
    async [Symbol.asyncDispose]() {
      await house.store[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return house;
});
