import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cleanHtml } from './html.ts';

it('keeps structure, closes what was left open, and drops ends of nothing', () => {
  assert.equal(cleanHtml('<TABLE><tr><td colspan=2>a<td>b</table></div>c'), '<table><tr><td colspan="2">a<td>b</td></td></tr></table>c');
  assert.equal(cleanHtml('1 < 2 & 3 > 2 &amp; &lt;b&gt; &nope'), '1 &lt; 2 &amp; 3 &gt; 2 &amp; &lt;b&gt; &amp;nope');
  assert.equal(cleanHtml('<p class="ok plugin-x sidebar">a<br/>b</p>'), '<p class="ok plugin-x">a<br>b</p>');
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['<script>alert(1)</script>x', 'x'],
  ['<SCRIPT/x>alert(1)</script >x', 'x'],
  ['<scr<script>ipt>alert(1)</script>', '&lt;scr'],
  ['<img src=x onerror=alert(1)>x', 'x'],
  ['<svg><a href="javascript:1">x</a></svg>y', 'y'],
  ['<math><mi xlink:href="data:x">a</mi></math>b', 'b'],
  ['<p onclick="x()" style="background:url(//e)">a</p>', '<p>a</p>'],
  ['<p/onclick=x()>a</p>', '<p>a</p>'],
  ["<p title='\"><img src=x onerror=1>'>a</p>", '<p title="&quot;&gt;&lt;img src=x onerror=1&gt;">a</p>'],
  ['<a href="javascript:alert(1)">x</a>', '<a>x</a>'],
  ['<a href="&#106;avascript:alert(1)">x</a>', '<a>x</a>'],
  ['<a href=" javascript:alert(1)">x</a>', '<a>x</a>'],
  ['<a href="java&Tab;script:alert(1)">x</a>', '<a>x</a>'],
  ['<a href="//evil.example/">x</a>', '<a>x</a>'],
  ['<a href="/\\evil.example/">x</a>', '<a>x</a>'],
  ['<a href="data:text/html,x">x</a>', '<a>x</a>'],
  [
    '<a href="https://example.com/?a=1&amp;b=2">x</a>',
    '<a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer" target="_blank">x</a>',
  ],
  ['<iframe srcdoc="<script>1</script>"></iframe>x', 'x'],
  ['<style>*{}</style><link rel=x href=y><meta http-equiv=refresh><base href=x>z', 'z'],
  ['<form action=x><input name=a><button>b</button></form>', 'b'],
  ['<!--<p>--><p>a<!-- -->b</p><!-- never closed', '<p>ab</p>'],
  ['<textarea><p title="</textarea><script>1</script>">', ''],
  ['<p title="never closed <script>1</script>', ''],
  ['<p id="root" name="x">a</p>', '<p>a</p>'],
];

for (const [html, clean] of HOSTILE)
  it(`makes harmless: ${html}`, () => {
    assert.equal(cleanHtml(html), clean);
    assert.equal(cleanHtml(clean), clean, 'and leaves what is harmless as it is');
  });

it('takes no more than its length, whatever is opened', () => {
  for (const piece of ['<', '<a "', '<!--', '<p title="', "<b x='", '&#x', '</p', '<table><tr><td>']) cleanHtml(piece.repeat(100_000));
});
