import { state, stateModule } from '../../define.ts';
import { LV_ARGS, lvPresent } from './logical.ts';
import { lvAbsent, pvAbsent, pvPresent, vgAbsent, vgPresent } from './volumes.ts';

const name = (doc: string) => ({ type: 'string', required: true, doc }) as const;
const PV = { name: name('the device') } as const;
const VG = { name: name('the volume group') } as const;

/** Logical volumes, the groups that they are in, and the physical volumes below. */
export default stateModule({
  name: 'lvm',
  doc: 'Logical volumes, the groups that they are in, and the physical volumes below.',
  serves: (host) => host.which('lvm') !== undefined || 'lvm command not found',
  states: {
    pv_present: state({
      doc: 'A device that is a physical volume.',
      args: PV,
      extra: 'options of pvcreate(8)',
      check: async (ctx, args) => await pvPresent(ctx, args.name),
    }),
    pv_absent: state({
      doc: 'A device that is no physical volume.',
      args: PV,
      check: async (ctx, args) => await pvAbsent(ctx, args.name),
    }),
    vg_present: state({
      doc: 'A volume group that has these devices.',
      examples: ['my_vg:\n  lvm.vg_present:\n    - devices: /dev/sdb1,/dev/sdb2'],
      args: { ...VG, devices: { type: 'any', doc: 'its devices: a list, or names with commas between' } },
      extra: 'options of vgcreate(8)',
      check: async (ctx, args) => await vgPresent(ctx, args.name, args.devices ?? null),
    }),
    vg_absent: state({ doc: 'A volume group that is not there.', args: VG, check: async (ctx, args) => await vgAbsent(ctx, args.name) }),
    lv_present: state({
      doc: 'A logical volume that is there, and has a size.',
      args: LV_ARGS,
      extra: 'options of lvcreate(8)',
      check: lvPresent,
    }),
    lv_absent: state({
      doc: 'A logical volume that is not there.',
      args: { name: LV_ARGS.name, vgname: LV_ARGS.vgname },
      check: async (ctx, args) => await lvAbsent(ctx, args.name, args.vgname ?? null),
    }),
  },
});
