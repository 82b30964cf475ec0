import { CommandFailed, call, execModule } from 'tsalt/modules';

/** How full the file systems of this machine are. Goes into `_modules/disks.ts` below the file roots. */
export default execModule({
  name: 'disks',
  doc: 'How full the file systems are.',
  calls: {
    fuller: call({
      doc: 'The file systems that are fuller than a share.',
      examples: ["tsalt '*' disks.fuller 80"],
      args: { percent: { type: 'number', default: 90, doc: 'the share in percent' } },
      changes: false,
      async run(ctx, { percent }) {
        const ran = await ctx.spawn(['df', '--output=target,pcent', '--local']);
        if (ran.code !== 0) throw new CommandFailed(ran.stderr.toString().trim());
        const rows = ran.stdout.toString().trim().split('\n').slice(1);
        const found = rows.map((row) => /^(.*\S)\s+(\d+)%$/.exec(row)).filter((match) => match !== null);
        return Object.fromEntries(
          found.map(([, target = '', share]) => [target, Number(share)] as const).filter(([, share]) => share > percent),
        );
      },
    }),
    clean: call({
      doc: 'Removes the packages that apt keeps, and tells what is free now.',
      examples: ["tsalt '*' disks.clean test=True"],
      args: {},
      changes: true,
      async run(ctx) {
        if (ctx.testing) return 'would run apt-get clean';
        if (!(await ctx.has('pkg.install'))) throw new CommandFailed('there is no package manager here');
        await ctx.spawn(['apt-get', 'clean']);
        return await ctx.call('disk.usage', [], {});
      },
    }),
  },
});
