import type { Ports } from './ports.ts';
import { FORMS, MASTERLESS_FORMS, refuseUnsigned, type Synced, type SyncRequest, syncForm } from './sync.ts';

type SyncPorts = Pick<Ports, 'files' | 'paths' | 'options' | 'grains' | 'pillar' | 'loader'>;

/** All kinds of files that this minion synchronises. */
export const formsOf = ({ options }: Pick<Ports, 'options'>): readonly string[] =>
  options()['file_client'] === 'local' ? [...FORMS, ...MASTERLESS_FORMS] : FORMS;

/**
 * Synchronises these kinds of files and puts them to use at once: grains and pillar anew where grains came, then the
 * functions. Answers what is new by form, and whether anything changed.
 */
export async function syncForms(ports: SyncPorts, forms: readonly string[], envs: readonly string[]): Promise<Synced> {
  const request: SyncRequest = { envs };
  const names: string[] = [];
  const refused: string[] = [];
  const touched = new Set<string>();
  for (const form of forms) {
    const found = await syncForm(ports, form, request);
    names.push(...found.names);
    refused.push(...found.refused);
    if (found.changed) touched.add(form);
  }
  if (touched.has('grains')) {
    await ports.grains.refresh();
    await ports.pillar.refresh();
  }
  if (touched.size > 0) await ports.loader().refresh();
  refuseUnsigned(refused);
  return { names, changed: touched.size > 0, refused };
}

/** What a highstate does first, unless `autoload_dynamic_modules` is off. Answers whether anything changed. */
export async function loadDynamic(ports: SyncPorts, envs: readonly string[]): Promise<boolean> {
  if (ports.options()['autoload_dynamic_modules'] === false) return false;
  return (await syncForms(ports, formsOf(ports), envs)).changed;
}

/** What a minion does when it has joined, before it asks for its pillar: custom grains take part in targeting. */
export async function loadGrains(ports: SyncPorts): Promise<void> {
  if (ports.options()['autoload_dynamic_modules'] === false) return;
  const { changed, refused } = await syncForm(ports, 'grains', { envs: ['base'] });
  if (changed) await ports.grains.refresh();
  refuseUnsigned(refused);
}
