import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { PillarCompiler } from '../pillar/compile.ts';

const ENVS = {
  saltenv: { type: 'string', default: 'base', doc: 'the environment of the states' },
  pillarenv: { type: 'string', doc: 'only this environment of pillar' },
} as const;

/** What minions are given as pillar (Salt's runner `pillar`). */
export const pillarRunner = (pillar: PillarCompiler, fleet: Fleet): ExecModule => {
  /** Grains as last seen; of a minion that nobody knows its name alone. */
  const grainsOf = (minion: string): Readonly<Record<string, unknown>> => {
    const known = fleet.grains(minion);
    return Object.keys(known).length > 0 ? known : { fqdn: minion };
  };

  return execModule({
    name: 'pillar',
    doc: 'What minions are given as pillar.',
    calls: {
      show_pillar: call({
        doc: 'Compile the pillar of a minion, as it would get it now, with nothing masked; without one what all get.',
        examples: ["tsalt-run pillar.show_pillar 'www.example.org'", 'tsalt-run pillar.show_pillar pillarenv=dev'],
        args: { minion: { type: 'string', default: '*', doc: 'an id' }, ...ENVS },
        extra: 'grains that it should have, besides those last seen',
        changes: false,
        async run(ctx, { minion, saltenv, pillarenv }) {
          const given = Object.entries(ctx.extra).filter(([name]) => !name.startsWith('__'));
          const grains = { ...grainsOf(minion), ...Object.fromEntries(given) };
          return (await pillar.compile({ id: minion, grains, saltenv, pillarenv, override: {} })) as Returnable;
        },
      }),
      show_top: call({
        doc: 'Show the top files of pillar as they were read and merged, or why that failed.',
        examples: ['tsalt-run pillar.show_top', "tsalt-run pillar.show_top 'www.example.org'"],
        args: { minion: { type: 'string', doc: 'whose grains templates of the top file see' }, saltenv: ENVS.saltenv },
        changes: false,
        async run(_ctx, { minion, saltenv }) {
          const id = minion ?? fleet.ids().find((one) => Object.keys(fleet.grains(one)).length > 0) ?? '';
          const { top, errors } = await pillar.top({ id, grains: fleet.grains(id), saltenv, pillarenv: undefined, override: {} });
          return errors.length > 0 ? [...errors] : top;
        },
      }),
    },
  });
};
