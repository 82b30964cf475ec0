import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from './nft.ts';

test('a rule is known again in what nft lists of it', () => {
  const pairs: readonly [asked: string, listed: string][] = [
    ['tcp dport { 22 } accept', 'tcp dport 22 accept'],
    ['tcp dport { 443, 80 } counter drop', 'tcp dport { 80, 443 } counter packets 7 bytes 420 drop'],
    ['ct state { related,established } accept', 'ct state established,related accept'],
    ['meta iifname eth0 accept', 'iifname "eth0" accept'],
    ['log prefix "a b" drop', 'log prefix "a b" drop'],
  ];
  for (const [asked, listed] of pairs) assert.equal(canonical(asked), canonical(listed));
});

test('rules that are not the same stay apart', () => {
  const rules = ['accept', 'tcp dport 22 accept', 'tcp dport 2 accept', 'udp dport 22 accept', 'meta pkttype broadcast accept'];
  assert.equal(new Set(rules.map(canonical)).size, rules.length);
});
