import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { Metrics } from '../metrics/metrics.ts';

const NAME = { type: 'string', required: true, doc: 'its name' } as const;

/** Changes to thresholds of metrics. */
export const thresholdWheel = (metrics: Metrics): ExecModule =>
  execModule({
    name: 'threshold',
    doc: 'Thresholds: from which value on a metric is a warning or an error.',
    calls: {
      save: call({
        doc: 'Make a threshold, or change what is given of one.',
        examples: ["tsalt-run wheel.threshold.save name=disks metric='vitals.disk.*.used_percent' warning=80 error=95 for=60"],
        args: {
          name: NAME,
          description: { type: 'string', doc: 'for people' },
          metric: { type: 'string', doc: 'a glob on the names of metrics' },
          direction: { type: 'string', doc: 'above (of a new one) or below: where it is not well' },
          warning: { type: 'number', doc: 'beyond this it is a warning' },
          error: { type: 'number', doc: 'beyond this it is an error' },
          for: { type: 'number', doc: 'seconds for which it must be so' },
          group: { type: 'string', doc: 'only minions of this group' },
          enabled: { type: 'boolean', doc: 'whether it judges' },
        },
        changes: true,
        run: (_ctx, fields) => ({ ...metrics.saveThreshold(fields) }),
      }),
      delete: call({
        doc: 'Delete a threshold.',
        examples: ['tsalt-run wheel.threshold.delete name=disks'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => {
          metrics.deleteThreshold(name);
          return true;
        },
      }),
    },
  });
