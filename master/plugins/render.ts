import { renderJinja } from '../../kernel/render/jinja/index.ts';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import type { Data, Value } from '../../kernel/render/python/value.ts';
import { cleanHtml } from './html.ts';
import type { PluginResult } from './sqlite.ts';

/** Longer pages are not shown, in characters. */
const LONGEST = 1024 * 1024;

/**
 * The template of a plugin with one of its results: HTML that may be put into a page as it is. All texts of the result
 * are escaped before the template sees them, so that no filter can bring tags out of data; what the template itself writes is
 * cut down to a list of harmless elements. It finds `status`, `message`, `data`, `metrics`, `minion`, `plugin`, `at` and `jid`.
 * @throws RenderError naming the line
 */
export async function renderResult(template: string, result: PluginResult): Promise<string> {
  const given: Readonly<Record<string, unknown>> = { ...result, at: new Date(result.at).toISOString() };
  const globals = new Map<string, Value>(Object.entries(given).map(([name, value]) => [name, safe(fromPlain(value))]));
  const html = await renderJinja(template, { globals, load: async () => undefined });
  return html.length > LONGEST ? `<p>This result makes a page of ${html.length} characters, which is too long.</p>` : cleanHtml(html);
}

function safe(value: Data): Data {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  if (Array.isArray(value)) return value.map(safe);
  return value instanceof Map ? new Map([...value].map(([key, item]) => [safe(key), safe(item)])) : value;
}
