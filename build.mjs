// Bundles the programs into dist/: plain `node` starts them several times faster than a loader would.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Started again and again: one file each, with the code that V8 compiled of it. */
const commands = ['tsalt', 'tsalt-call', 'tsalt-cp', 'tsalt-key', 'tsalt-run', 'tsalt-sign'];
/** Started once: they load what they use, and share it. */
const daemons = ['tsalt-master', 'tsalt-minion', 'tsalt-api', 'demo'];
const workers = {
  'sqlite-worker': 'master/jobs/sqlite-worker.ts',
  'node-worker': 'kernel/loader/hosts/node/worker.ts',
  'node-hooks': 'kernel/loader/hosts/node/hooks.ts',
  // What synchronised modules import as `tsalt/modules`.
  modules: 'modules/define.ts',
  // What programs that speak to the API import as `tsalt/client`.
  client: 'web/client.ts',
};
const common = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Native packages stay in node_modules; the others are bundled so that a command reads few files.
  external: ['zeromq', 'better-sqlite3', 'pino', '@swc/wasm-typescript'],
  minifySyntax: true,
  logLevel: 'warning',
};
const entries = (folder, names) => Object.fromEntries(names.map((name) => [`${folder}/${name}`, join('cli/bin', `${name}.ts`)]));

rmSync('dist', { recursive: true, force: true });
await buildModules();
await buildCommands();
await buildConsole();
writeLaunchers();
for (const name of commands) compileAhead(name);
writeTypes();
cpSync('kernel/loader/hosts/python/worker', 'dist/python', { recursive: true, filter: (path) => !path.includes('__pycache__') });

async function buildModules() {
  await build({
    ...common,
    entryPoints: { ...entries('daemons', daemons), ...workers },
    splitting: true,
    format: 'esm',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    sourcemap: 'linked',
  });
}

async function buildCommands() {
  await build({
    ...common,
    entryPoints: entries('commands', [...commands, 'launch']),
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': '__bundle' },
    banner: { js: "const __bundle = require('node:url').pathToFileURL(__filename).href;" },
    // `import.meta.resolve` is asked for in the source tree only.
    logOverride: { 'empty-import-meta': 'silent' },
  });
}

/** What browsers load: names that change with the contents, so that they may be kept for ever; compressed ahead. */
async function buildConsole() {
  const app = 'web/console/app';
  const { metafile } = await build({
    entryPoints: { main: `${app}/main.tsx`, style: `${app}/style/main.css`, result: `${app}/style/result.css` },
    outdir: 'dist/console',
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    logLevel: 'warning',
  });
  const made = Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [entryPoint ?? '', path.replace('dist/console/', '')]);
  const of = (entry) => made.find(([from]) => from === `${app}/${entry}`)?.[1] ?? '';
  const page = readFileSync(`${app}/index.html`, 'utf8')
    .replace('%SCRIPT%', `/console/${of('main.tsx')}`)
    .replace('%STYLE%', `/console/${of('style/main.css')}`)
    .replace('%RESULT%', `/console/${of('style/result.css')}`);
  writeFileSync('dist/console/index.html', page);
  for (const name of readdirSync('dist/console')) {
    const path = `dist/console/${name}`;
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}

/** `dist/bin`: what a shell starts. */
function writeLaunchers() {
  mkdirSync('dist/bin');
  writeFileSync('dist/bin/package.json', '{ "type": "commonjs" }\n');
  const launchers = [
    ...commands.map((name) => [
      name,
      `require('../commands/launch.cjs').launch(require('node:path').join(__dirname, '../commands'), '${name}');`,
    ]),
    ...daemons.map((name) => [name, `import('../daemons/${name}.js');`]),
  ];
  for (const [name, text] of launchers) {
    writeFileSync(`dist/bin/${name}.js`, `#!/usr/bin/env node\n${text}\n`);
    chmodSync(`dist/bin/${name}.js`, 0o755);
  }
}

/** Runs the command once, for what it then compiles to be kept. `tsalt-call` applies a few states. */
function compileAhead(name) {
  const home = mkdtempSync(join(tmpdir(), 'tsalt-build-'));
  const text = `require('./dist/commands/launch.cjs').launch('${process.cwd()}/dist/commands', '${name}', true)`;
  const args = name === 'tsalt-call' ? sampleRun(home) : ['--help'];
  execFileSync(process.execPath, ['-e', text, '--', name, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(home, { recursive: true });
}

function sampleRun(home) {
  const states = [0, 1, 2].map(
    (i) => `f${i}:\n  file.managed:\n    - name: {{ opts['root_dir'] }}/f${i}\n    - contents: {{ grains['id'] }}\n    - mode: '0644'\n`,
  );
  mkdirSync(join(home, 'srv'));
  writeFileSync(join(home, 'srv/sample.sls'), `{% set some = salt['grains.get']('os') %}\n${states.join('')}`);
  const options = { id: 'build', file_client: 'local', root_dir: home, file_roots: { base: [join(home, 'srv')] } };
  writeFileSync(join(home, 'minion'), JSON.stringify(options));
  return ['--local', '-c', home, 'state.apply', 'sample'];
}

/** The types of `tsalt/modules`, for those who write modules. */
function writeTypes() {
  const types = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rootDir', '.', '--outDir', 'dist/types'];
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', ...types], { stdio: 'inherit' });
}
