import { failed, inOrder, state } from '../../define.ts';
import { isThere, NAME, OTHERS, pathOf } from './common.ts';

export const exists = state({
  doc: 'Something is at that path. Nothing is made; it is for others to require.',
  args: { name: NAME },
  extra: OTHERS,
  check: async (_ctx, { name }) => {
    const found = await pathOf(name, 'exists');
    if ('refused' in found) return found.refused;
    return (await isThere(found.path)) ? inOrder(`Path ${found.path} exists`) : failed(`Specified path ${found.path} does not exist`);
  },
});

export const missing = state({
  doc: 'Nothing is at that path. Nothing is removed; it is for others to require.',
  args: { name: NAME },
  extra: OTHERS,
  check: async (_ctx, { name }) => {
    const found = await pathOf(name, 'missing');
    if ('refused' in found) return found.refused;
    return (await isThere(found.path)) ? failed(`Specified path ${found.path} exists`) : inOrder(`Path ${found.path} is missing`);
  },
});
