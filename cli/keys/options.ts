import { flag, int, number, type ToolSpec, text } from '../options/option.ts';
import { eauthGroup, generalOptions, loggingGroup, outputGroup } from '../options/shared.ts';

/** The command line of `tsalt-key`. */
export const keySpec: ToolSpec = {
  prog: 'tsalt-key',
  usage: '[options]',
  about: 'Shows the keys of minions and decides which of them may join.',
  groups: [
    {
      options: [
        ...generalOptions,
        text('user', ['-u', '--user'], 'Accepted for compatibility; the tool runs as you.'),
        flag('quiet', ['-q', '--quiet'], 'Print nothing.'),
        flag('yes', ['-y', '--yes'], 'Answer every question with yes.'),
        text('rotate_aes_key', ['--rotate-aes-key'], 'Accepted for compatibility; session keys are always changed when a minion leaves.'),
        text('preserve_minions', ['--preserve-minions'], 'Accepted for compatibility.'),
      ],
    },
    { ...eauthGroup, options: eauthGroup.options.map((option) => ({ ...option, flags: option.flags.filter((each) => each !== '-a') })) },
    outputGroup,
    {
      title: 'Actions',
      options: [
        text(
          'list',
          ['-l', '--list'],
          "List keys: 'pre', 'un' or 'unaccepted', 'acc' or 'accepted', 'rej' or 'rejected', 'den' or 'denied', 'all'.",
          {
            metavar: 'ARG',
            choices: ['accepted', 'unaccepted', 'rejected', 'denied', 'all'],
          },
        ),
        flag('list_all', ['-L', '--list-all'], 'List all keys; this is what happens without any action.'),
        text('accept', ['-a', '--accept'], 'Accept pending keys; a shell pattern, or several with commas between them.'),
        flag('accept_all', ['-A', '--accept-all'], 'Accept all pending keys.'),
        text('reject', ['-r', '--reject'], 'Reject pending keys; a shell pattern.'),
        flag('reject_all', ['-R', '--reject-all'], 'Reject all pending keys.'),
        flag('include_all', ['--include-all'], 'Include rejected keys when accepting, accepted ones when rejecting.'),
        flag('include_accepted', ['--include-accepted'], 'Include accepted keys when rejecting.'),
        flag('include_rejected', ['--include-rejected'], 'Include rejected keys when accepting.'),
        flag('include_denied', ['--include-denied'], 'Include denied keys when accepting or rejecting.'),
        text('print', ['-p', '--print'], 'Print public keys; a shell pattern.'),
        flag('print_all', ['-P', '--print-all'], 'Print all public keys.'),
        text('delete', ['-d', '--delete'], 'Delete keys; a shell pattern.'),
        flag('delete_all', ['-D', '--delete-all'], 'Delete all keys.'),
        text('finger', ['-f', '--finger'], 'Print fingerprints; a shell pattern.'),
        flag('finger_all', ['-F', '--finger-all'], 'Print the fingerprints of all keys and of the master.'),
        flag('token', ['--token'], 'Make a one-time token and print the line to run on the new machine.'),
        text('for', ['--for'], 'With --token: only a minion whose id matches this shell pattern may use it.', { metavar: 'GLOB' }),
        number('ttl', ['--ttl'], 'With --token: seconds until it expires.'),
      ],
    },
    {
      title: 'Key Generation Options',
      options: [
        text('gen_keys', ['--gen-keys'], 'Make a key pair of this name.'),
        text('gen_keys_dir', ['--gen-keys-dir'], "The directory for the key pair. Default: '.'."),
        int('keysize', ['--keysize'], 'Bits of the key, at least 2048. Default: 2048.'),
        flag('gen_signature', ['--gen-signature'], "Sign the master's public key; not provided."),
      ],
    },
    loggingGroup(false),
  ],
};
