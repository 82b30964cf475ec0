// Bundles the programs into dist/: plain `node` starts them several times faster than a loader would.
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const names = readdirSync('cli/bin').filter((name) => name.endsWith('.ts'));
const workers = { 'sqlite-worker': 'master/jobs/sqlite-worker.ts' };

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { ...Object.fromEntries(names.map((name) => [`bin/${name.slice(0, -3)}`, join('cli/bin', name)])), ...workers },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: 'chunks/[name]-[hash]',
  // Native packages stay in node_modules; the others are bundled so that a command reads few files.
  external: ['zeromq', 'better-sqlite3', 'pino'],
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  minifySyntax: true,
  sourcemap: 'linked',
  logLevel: 'warning',
});
for (const name of names) chmodSync(`dist/bin/${name.slice(0, -3)}.js`, 0o755);
if (existsSync('kernel/loader/hosts/python_host.py')) cpSync('kernel/loader/hosts/python_host.py', 'dist/python_host.py');
