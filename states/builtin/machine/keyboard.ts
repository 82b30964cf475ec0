import { state, stateModule } from '../../define.ts';
import { type Setting, settle } from './settings.ts';

const NAME = { type: 'string', required: true, doc: 'the layout' } as const;

const layout = (call: string, kind: string, of: string): Setting => ({
  get: `keyboard.get_${call}`,
  set: `keyboard.set_${call}`,
  title: `${kind} layout`,
  key: 'layout',
  done: (name) => `Set ${of} keyboard layout ${name}`,
  failed: () => `Failed to set ${of} keyboard layout`,
});
const SYSTEM = layout('sys', 'System', 'system');
const XORG = layout('x', 'XOrg', 'XOrg');

/** The layout of the keyboard. */
export default stateModule({
  name: 'keyboard',
  doc: 'The layout of the keyboard.',
  states: {
    system: state({
      doc: 'The layout of the console.',
      examples: ['us:\n  keyboard.system'],
      args: { name: NAME },
      check: async (ctx, { name }) => await settle(ctx, SYSTEM, name),
    }),
    xorg: state({ doc: 'The layout of X.', args: { name: NAME }, check: async (ctx, { name }) => await settle(ctx, XORG, name) }),
  },
});
