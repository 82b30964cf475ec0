import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { Routines } from '../routines/routines.ts';
import { shownRoutine, shownRun } from '../routines/shown.ts';

const NAME = { type: 'string', required: true, doc: 'its name' } as const;

/** Changes to the jobs of the master that come again and again. */
export const routineWheel = (routines: Routines): ExecModule =>
  execModule({
    name: 'routine',
    doc: 'Routines: jobs, runners, plugins and orchestrations that the master runs again and again.',
    calls: {
      save: call({
        doc: 'Make a routine, or change what is given of one.',
        examples: [
          "tsalt-run wheel.routine.save name=patch fun=pkg.upgrade target='web*' cron='0 3 * * sun' timezone=Europe/Berlin",
          'tsalt-run wheel.routine.save name=scan kind=runner fun=manage.versions interval=3600',
        ],
        args: {
          name: NAME,
          description: { type: 'string', doc: 'for people' },
          enabled: { type: 'boolean', doc: 'whether its slots are run; true for a new one' },
          kind: { type: 'string', doc: 'job (of a new one), runner, plugin or orchestrate' },
          fun: { type: 'string', doc: 'the function of a job or runner, the SLS of an orchestration' },
          target: { type: 'string', doc: 'which minions, of a job or plugin; * for a new one' },
          target_type: { type: 'string', doc: 'how the target is meant: glob, list, grain, compound, nodegroup, ...' },
          args: { type: 'list', doc: 'arguments' },
          kwargs: { type: 'map', doc: 'arguments by name' },
          plugin: { type: 'string', doc: 'the plugin' },
          parameters: { type: 'map', doc: 'parameters of the plugin' },
          cron: { type: 'string', doc: 'when: minute hour day month weekday, and perhaps seconds as the sixth' },
          interval: { type: 'number', doc: 'or every so many seconds' },
          timezone: { type: 'string', doc: "whose clocks cron means, as Europe/Berlin; empty: the master's" },
          splay: { type: 'number', doc: 'begin up to so many seconds after the slot, at random' },
          maxrunning: { type: 'number', doc: 'runs of it at the same time; 1 for a new one' },
          catch_up: { type: 'string', doc: 'of slots that passed while the master was down: skip them, run once (of a new one), or all' },
          alerts: { type: 'boolean', doc: 'whether a failed run is told to the alert channels; true for a new one' },
          timeout: { type: 'number', doc: 'seconds after which silent minions are asked about a job' },
        },
        changes: true,
        run: (_ctx, fields) => shownRoutine(routines, routines.save(fields), undefined),
      }),
      delete: call({
        doc: 'Delete a routine and its history. A run under way goes on.',
        examples: ['tsalt-run wheel.routine.delete name=patch'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => {
          routines.delete(name);
          return true;
        },
      }),
      enable: call({
        doc: 'Let the slots of a routine be run again, from the next one on.',
        examples: ['tsalt-run wheel.routine.enable name=patch'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => shownRoutine(routines, routines.enable(name, true), undefined),
      }),
      disable: call({
        doc: 'Let the slots of a routine pass.',
        examples: ['tsalt-run wheel.routine.disable name=patch'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => shownRoutine(routines, routines.enable(name, false), undefined),
      }),
      run: call({
        doc: 'Begin a run of a routine now, also of one that is disabled. Answers before it has ended.',
        examples: ['tsalt-run wheel.routine.run name=patch'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => shownRun(routines.runNow(name, 'hand')),
      }),
    },
  });
