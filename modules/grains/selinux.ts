import { grainSource } from '../define.ts';

export const selinux = grainSource({
  name: 'selinux',
  doc: 'selinux: whether it is enabled, and enforced, where its tools are installed.',
  async collect(host) {
    if (!host.which('selinuxenabled')) return {};
    const mode = host.read('/sys/fs/selinux/enforce')?.trim();
    const enabled = mode !== undefined;
    if (!host.which('getenforce')) return { selinux: { enabled } };
    return { selinux: { enabled, enforced: !enabled ? 'Disabled' : mode === '1' ? 'Enforcing' : 'Permissive' } };
  },
});
