import { call } from '../../define.ts';
import { output, wordOf } from './commands.ts';

const at_time = { type: 'any', doc: 'when: minutes, or `hh:mm`; now without' } as const;
const plain = (name: 'halt' | 'poweroff', doc: string) =>
  call({ doc, examples: [`tsalt '*' system.${name}`], args: {}, changes: true, run: (ctx) => output(ctx, [name]) });
const shutdown = (name: 'reboot' | 'shutdown', option: '-r' | '-h', doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' system.${name} 5`],
    args: { at_time },
    changes: true,
    run: (ctx, args) => output(ctx, ['shutdown', option, args.at_time ? wordOf(args.at_time) : 'now']),
  });

/** Each answers what the program printed. */
export const power = {
  halt: plain('halt', 'Halt the machine.'),
  poweroff: plain('poweroff', 'Switch the machine off.'),
  reboot: shutdown('reboot', '-r', 'Restart the machine.'),
  shutdown: shutdown('shutdown', '-h', 'Shut the machine down.'),
  init: call({
    doc: 'Change the runlevel.',
    examples: ["tsalt '*' system.init 3"],
    args: { runlevel: { type: 'any', required: true, doc: 'the runlevel' } },
    changes: true,
    run: (ctx, args) => output(ctx, ['init', wordOf(args.runlevel)]),
  }),
};
