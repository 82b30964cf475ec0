import { execModule } from '../../define.ts';
import { config } from './config.ts';
import { refs } from './refs.ts';
import { remotes } from './remotes.ts';
import { working } from './working.ts';
import { worktrees } from './worktrees.ts';

export default execModule({
  name: 'git',
  doc: 'Git repositories, by the program git.',
  serves: (host) => host.which('git') !== undefined || 'The git execution module cannot be loaded: git unavailable.',
  calls: { ...config, ...refs, ...remotes, ...working, ...worktrees },
});
