// Bundles the programs into dist/: plain `node` starts them several times faster than a loader would.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const names = readdirSync('cli/bin').filter((name) => name.endsWith('.ts'));
const workers = {
  'sqlite-worker': 'master/jobs/sqlite-worker.ts',
  'node-worker': 'kernel/loader/hosts/node/worker.ts',
  'node-hooks': 'kernel/loader/hosts/node/hooks.ts',
  // What synchronised modules import as `tsalt/modules`.
  modules: 'modules/define.ts',
};

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
  external: ['zeromq', 'better-sqlite3', 'pino', '@swc/wasm-typescript'],
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  minifySyntax: true,
  sourcemap: 'linked',
  logLevel: 'warning',
});
for (const name of names) chmodSync(`dist/bin/${name.slice(0, -3)}.js`, 0o755);
// The types of `tsalt/modules`, for those who write modules.
const types = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rootDir', '.', '--outDir', 'dist/types'];
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', ...types], { stdio: 'inherit' });
cpSync('kernel/loader/hosts/python/worker', 'dist/python', { recursive: true, filter: (path) => !path.includes('__pycache__') });
