import { inOrder, state, stateModule } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { CONFIG, MOUNTED_ARGS, USER } from './args.ts';
import { fstab_absent, fstab_present } from './fstab.ts';
import { mounted } from './mounted.ts';
import { swap, unmounted } from './others.ts';

/** What is mounted, and fstab. */
export default stateModule({
  name: 'mount',
  doc: 'What is mounted, and fstab.',
  states: {
    mounted: state({
      doc: 'A file system that is mounted, also at each start.',
      examples: ['/mnt/data:\n  mount.mounted:\n    - device: /dev/sdb1\n    - fstype: ext4\n    - mkmnt: True'],
      args: MOUNTED_ARGS,
      extra: 'anything',
      check: mounted,
    }),
    unmounted: state({
      doc: 'A file system that is not mounted.',
      args: {
        name: { ...MOUNTED_ARGS.name },
        device: { type: 'string', doc: 'the device' },
        config: CONFIG,
        persist: { type: 'boolean', default: false, doc: 'nor in fstab' },
        user: USER,
      },
      extra: 'anything',
      check: async (ctx, { name, device, config, persist, user }) => await unmounted(ctx, { name, device, config, persist, user }),
    }),
    swap: state({
      doc: 'A swap that is active.',
      args: {
        name: { type: 'string', required: true, doc: 'the device or file' },
        persist: { type: 'boolean', default: true, doc: 'also at each start, by fstab' },
        config: CONFIG,
      },
      check: async (ctx, { name, persist, config }) => await swap(ctx, name, persist, config),
    }),
    fstab_present,
    fstab_absent,
  },
  watch: async (ctx, args, fun) => {
    if (fun !== 'mounted') return inOrder(`Watch not supported in ${fun} at this time`);
    const { name = '', device = '', fstype = '', opts = 'defaults', user = null } = args;
    if (!ctx.testing) await ctx.call('mount.remount', [name, device, false, fstype, opts], { user });
    return inOrder(`${shown(name)} remounted`);
  },
});
