import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { isEncrypted, list } from './listing.ts';
import { unzip, zip } from './zipping.ts';

const text = (doc: string) => ({ type: 'string', doc }) as const;
const needed = (doc: string) => ({ type: 'string', required: true, doc }) as const;
const SOURCES = { type: 'any', doc: 'paths, also as globs: a list, or with commas between' } as const;
const TEMPLATE = text('render names by this engine first');
const RUNAS = text('the user to do it as');
const CWD = text('the directory to do it in');
const EXCLUDES = { type: 'any', doc: 'names to leave out: a list, or with commas between' } as const;
const TRIM = { type: 'any', default: false, doc: 'return not more than that many names; True: 100' } as const;
const FETCH = {
  clean: { type: 'boolean', default: false, doc: 'remove the fetched archive afterwards' },
  saltenv: { type: 'string', default: 'base', doc: 'the environment of a salt:// URL' },
  source_hash: text('the hash an archive from the web must have'),
  use_etag: { type: 'boolean', default: false, doc: 'not used' },
} as const;

const listOf = (value: Returnable | undefined): string[] =>
  value == null ? [] : (Array.isArray(value) ? value : String(value).split(',')).map((item) => String(item).trim());

/** Paths, globs in their last part filled in. */
const expand = async (value: Returnable | undefined): Promise<string[]> => {
  const found: string[] = [];
  for (const source of listOf(value)) found.push(...(/[*?[]/.test(source) ? await globbed(source) : [source]));
  return found;
};
const globbed = async (pattern: string): Promise<string[]> => {
  const [folder, last = ''] = [dirname(pattern), pattern.split('/').at(-1)];
  const source = last
    .replace(/[\\^$.+()|{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const names = (await readdir(folder).catch(() => [])).filter((name) => new RegExp(`^${source}$`).test(name) && !name.startsWith('.'));
  return names.sort().map((name) => (pattern.startsWith(`${folder}/`) ? join(folder, name) : name));
};

const words = (line: string): string[] => line.split(/\s+/).filter((word) => word !== '');

type Where = { readonly cwd?: string | undefined; readonly template?: string | undefined; readonly runas?: string | undefined };
const whereOf = ({ cwd, template, runas }: Where): Record<string, Returnable> => ({
  ...(cwd === undefined ? {} : { cwd }),
  ...(template === undefined ? {} : { template }),
  ...(runas === undefined ? {} : { runas }),
});

const program = (ctx: Ctx, ...names: readonly string[]): string => {
  const found = names.find((name) => ctx.host.which(name) !== undefined);
  if (found === undefined) throw new CommandFailed(`'${names.join("' or '")}' command not available`);
  return found;
};

/** The lines a program prints. */
const run = async (ctx: Ctx, argv: readonly string[], where: Where): Promise<string[]> => {
  const output = String(await ctx.call('cmd.run', [argv], { python_shell: false, ...whereOf(where) }));
  return output === '' ? [] : output.split('\n');
};

const trimmed = (names: readonly string[], trim: Returnable): string[] => {
  const most = trim === true ? 100 : trim === false || trim === null ? Number.POSITIVE_INFINITY : Number(trim);
  return names.length > most ? [...names.slice(0, most), `List trimmed after ${most} files.`] : [...names];
};

const rendered = async (ctx: Ctx, name: string, template: string | undefined): Promise<string> =>
  template === undefined ? name : String(await ctx.call('file.apply_template_on_contents', [name, template, null, null, 'base']));

const compressing = (as: 'gzip' | 'gunzip', argument: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' archive.${as} /tmp/file${as === 'gunzip' ? '.gz' : ''}`],
    args: { [argument]: needed('the file'), template: TEMPLATE, runas: RUNAS, options: text('an option of the program') },
    changes: true,
    run(ctx, args) {
      const options = args['options'] ? [String(args['options'])] : [];
      const where = { template: args['template'] as string | undefined, runas: args['runas'] as string | undefined };
      return run(ctx, [program(ctx, as), ...options, String(args[argument])], where);
    },
  });

const refuseRunas = async (ctx: Ctx, runas: string | undefined): Promise<void> => {
  if (runas === undefined || runas === '') return;
  const user = await ctx.call('user.info', [runas]);
  if (typeof user !== 'object' || user === null || Object.keys(user).length === 0) throw new CallRefused(`User '${runas}' does not exist`);
};

export default execModule({
  name: 'archive',
  doc: 'Archives: tar, gzip, ZIP and RAR.',
  calls: {
    list: call({
      doc: 'What an archive holds: its names, or with `verbose` by what they are.',
      examples: ["tsalt '*' archive.list /path/to/myfile.tar.gz strip_components=1", "tsalt '*' archive.list salt://foo.zip verbose=True"],
      args: {
        name: needed('a path, or a URL that cp.cache_file takes'),
        archive_format: text('`tar`, `zip` or `rar`; by the name otherwise'),
        options: text('a program that decompresses a tar archive'),
        strip_components: { type: 'number', doc: 'directories to cut off the beginning' },
        clean: FETCH.clean,
        verbose: { type: 'boolean', default: false, doc: 'a map rather than a list' },
        saltenv: FETCH.saltenv,
        source_hash: FETCH.source_hash,
        use_etag: FETCH.use_etag,
      },
      changes: false,
      run: (ctx, args) => list(ctx, args),
    }),
    tar: call({
      doc: 'Run tar, and return what it prints.',
      examples: [
        "tsalt '*' archive.tar cjvf /tmp/tarfile.tar.bz2 /tmp/file_1,/tmp/file_2",
        "tsalt '*' archive.tar xf foo.tar dest=/target/directory",
      ],
      args: {
        options: needed('the options: `xf`, `-czf`'),
        tarfile: needed('the archive'),
        sources: SOURCES,
        dest: text('the directory to unpack to'),
        cwd: CWD,
        template: TEMPLATE,
        runas: RUNAS,
      },
      changes: true,
      async run(ctx, args) {
        if (args.options === '') throw new CallRefused('Tar options can not be empty');
        const dest = args.dest ? ['-C', args.dest] : [];
        return run(ctx, [program(ctx, 'tar'), ...words(args.options), args.tarfile, ...dest, ...(await expand(args.sources))], args);
      },
    }),
    gzip: compressing('gzip', 'sourcefile', 'Compress a file, which is replaced.'),
    gunzip: compressing('gunzip', 'gzipfile', 'Decompress a file, which is replaced.'),
    cmd_zip: call({
      doc: 'Pack a ZIP archive by the program zip, and return what it prints.',
      examples: ["tsalt '*' archive.cmd_zip /tmp/zipfile.zip /tmp/sourcefile1,/tmp/sourcefile2"],
      args: { zip_file: needed('the archive'), sources: { ...SOURCES, required: true }, template: TEMPLATE, cwd: CWD, runas: RUNAS },
      changes: true,
      run: async (ctx, args) => run(ctx, [program(ctx, 'zip'), '-r', args.zip_file, ...(await expand(args.sources))], args),
    }),
    zip: call({
      doc: 'Pack a ZIP archive, and return the names in it.',
      examples: ["tsalt '*' archive.zip /tmp/zipfile.zip /tmp/sourcefile1,/tmp/sourcefile2"],
      args: {
        zip_file: needed('the archive'),
        sources: { ...SOURCES, required: true },
        template: TEMPLATE,
        cwd: CWD,
        runas: text('checked to exist; the archive is made as the minion'),
        zip64: { type: 'boolean', default: false, doc: 'not used' },
      },
      changes: true,
      async run(ctx, args) {
        await refuseRunas(ctx, args.runas);
        return zip(await rendered(ctx, args.zip_file, args.template), await expand(args.sources), args.cwd);
      },
    }),
    cmd_unzip: call({
      doc: 'Unpack a ZIP archive by the program unzip, and return what it prints. A password is seen in the list of processes: archive.unzip has it not.',
      examples: ["tsalt '*' archive.cmd_unzip /tmp/zipfile.zip /home/strongbad/ excludes=file_1,file_2"],
      args: {
        zip_file: needed('the archive'),
        dest: needed('the directory to unpack to'),
        excludes: EXCLUDES,
        options: text('options of unzip'),
        template: TEMPLATE,
        runas: RUNAS,
        trim_output: TRIM,
        password: { type: 'any', doc: 'the password' },
      },
      changes: true,
      async run(ctx, args) {
        const password = args.password == null || args.password === '' ? [] : ['-P', String(args.password)];
        const excludes = args.excludes == null ? [] : ['-x', ...listOf(args.excludes)];
        const argv = [program(ctx, 'unzip'), ...password, ...words(args.options ?? ''), args.zip_file, '-d', args.dest, ...excludes];
        const how = { python_shell: false, redirect_stderr: true, output_loglevel: password.length > 0 ? 'quiet' : 'debug' };
        const ended = (await ctx.call('cmd.run_all', [argv], { ...how, ...whereOf(args) })) as { retcode: number; stdout: string };
        if (ended.retcode !== 0) throw new CommandFailed(ended.stdout);
        return trimmed(ended.stdout.split('\n'), args.trim_output);
      },
    }),
    unzip: call({
      doc: 'Unpack a ZIP archive, and return the names in it.',
      examples: ["tsalt '*' archive.unzip /tmp/zipfile.zip /home/strongbad/ excludes=file_1,file_2"],
      args: {
        zip_file: needed('the archive'),
        dest: needed('the directory to unpack to'),
        excludes: EXCLUDES,
        options: text('not used'),
        template: TEMPLATE,
        runas: text('checked to exist; the files are made as the minion'),
        trim_output: TRIM,
        password: { type: 'any', doc: 'the password' },
        extract_perms: { type: 'boolean', default: true, doc: 'with the permissions in the archive' },
      },
      changes: true,
      async run(ctx, args) {
        await refuseRunas(ctx, args.runas);
        const [archive, dest] = [await rendered(ctx, args.zip_file, args.template), await rendered(ctx, args.dest, args.template)];
        const password = args.password == null ? undefined : String(args.password);
        const how = { excludes: listOf(args.excludes), password, permissions: args.extract_perms };
        return trimmed(await unzip(ctx, archive, dest, how), args.trim_output);
      },
    }),
    is_encrypted: call({
      doc: 'Whether a ZIP archive takes a password.',
      examples: ["tsalt '*' archive.is_encrypted /path/to/myfile.zip"],
      args: { name: needed('a path, or a URL that cp.cache_file takes'), ...FETCH },
      changes: false,
      run: (ctx, args) => isEncrypted(ctx, args),
    }),
    rar: call({
      doc: 'Pack a RAR archive by the program rar, and return what it prints.',
      examples: ["tsalt '*' archive.rar /tmp/rarfile.rar /tmp/sourcefile1,/tmp/sourcefile2"],
      args: { rarfile: needed('the archive'), sources: { ...SOURCES, required: true }, template: TEMPLATE, cwd: CWD, runas: RUNAS },
      changes: true,
      run: async (ctx, args) => run(ctx, [program(ctx, 'rar'), 'a', '-idp', args.rarfile, ...(await expand(args.sources))], args),
    }),
    unrar: call({
      doc: 'Unpack a RAR archive by the program unrar or rar, and return what it prints.',
      examples: ["tsalt '*' archive.unrar /tmp/rarfile.rar /home/strongbad/ excludes=file_1,file_2"],
      args: {
        rarfile: needed('the archive'),
        dest: needed('the directory to unpack to'),
        excludes: EXCLUDES,
        template: TEMPLATE,
        runas: RUNAS,
        trim_output: TRIM,
      },
      changes: true,
      async run(ctx, args) {
        const excludes = listOf(args.excludes).flatMap((name) => ['-x', name]);
        return trimmed(
          await run(ctx, [program(ctx, 'unrar', 'rar'), 'x', '-idp', args.rarfile, ...excludes, args.dest], args),
          args.trim_output,
        );
      },
    }),
  },
});
