export const NAME = { type: 'string', required: true, doc: 'the service' } as const;

/** What it is told when it starts. */
export const UNIT = {
  no_block: { type: 'boolean', doc: 'do not wait until it is done (systemd)' },
  unmask: { type: 'boolean', doc: 'remove a mask first (systemd)' },
  unmask_runtime: { type: 'boolean', doc: 'remove a mask that ends with the next boot first (systemd)' },
} as const;

export const RUNNING = {
  name: NAME,
  enable: { type: 'any', doc: 'whether it starts with the machine; nothing is done about that unless given' },
  sig: { type: 'string', doc: 'what to look for among the processes, where the service cannot tell whether it runs' },
  init_delay: { type: 'number', doc: 'seconds until a service that was started is ready' },
  ...UNIT,
} as const;
