import type { PluginStatus } from '../data/shapes.ts';
import { shownTheme } from '../shell/theme.ts';
import { words } from '../words.ts';
import { markOf, Status } from './basics.tsx';
import { Generic } from './value.tsx';

/**
 * What a plugin says of a minion: its template's page in a frame that runs nothing and reaches nothing, else its data as
 * a table or tree.
 */
export const Result = ({ of }: { of: PluginStatus }) => (
  <>
    <Status mark={markOf(of.status)} text={of.message ?? of.status} />
    {typeof of.html === 'string' && of.html !== '' ? (
      <iframe class="result" title={words.plugins.frame(of.minion)} sandbox="" srcdoc={pageOf(of.html)} />
    ) : (
      of.data !== undefined && of.data !== null && <Generic of={of.data} />
    )}
  </>
);

/** In a frame without an origin: no script, no form, no link out; the console's policy holds there, too. */
function pageOf(html: string): string {
  const style = document.getElementById('app')?.dataset['resultStyle'] ?? '';
  const policy = `default-src 'none'; style-src ${location.origin}; img-src data:`;
  return `<!doctype html><html lang="en" data-theme="${shownTheme.value}"><head><meta http-equiv="content-security-policy" content="${policy}"><link rel="stylesheet" href="${location.origin}${style}"></head><body>${html}</body></html>`;
}
