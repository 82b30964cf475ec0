/** Line drawings on a grid of 20, after nobody's set. */
const PATHS = {
  fleet: 'M3 4h14v4H3zM3 12h14v4H3zM6 6h.01M6 14h.01',
  groups: 'M4 4h5v5H4zM11 4h5v5h-5zM4 11h5v5H4zM11 11h5v5h-5z',
  run: 'M6 4l10 6-10 6z',
  jobs: 'M4 5h12M4 10h12M4 15h8',
  plugins: 'M8 3v4M12 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3',
  monitoring: 'M3 16h14M4 13l4-5 3 3 5-7',
  routines: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 6v4l3 2',
  states: 'M10 3l7 4-7 4-7-4zM3 11l7 4 7-4',
  keys: 'M7 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM9 10l7-7M13 6l2 2',
  events: 'M3 10h3l2-6 4 12 2-6h3',
  users: 'M10 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4 17c0-3 3-5 6-5s6 2 6 5',
  audit: 'M5 3h7l3 3v11H5zM8 9h4M8 12h4',
  search: 'M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4zM13 13l4 4',
  ok: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM7 10l2 2 4-4',
  warning: 'M10 3l8 14H2zM10 8v4M10 14.5v.01',
  error: 'M7 3h6l4 4v6l-4 4H7l-4-4V7zM8 8l4 4M12 8l-4 4',
  wait: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM7 10h.01M10 10h.01M13 10h.01',
  none: 'M5 10h10',
  online: 'M10 6a4 4 0 1 1 0 8 4 4 0 0 1 0-8z',
  sun: 'M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM10 2v2M10 16v2M2 10h2M16 10h2M4.5 4.5l1.4 1.4M14.1 14.1l1.4 1.4M4.5 15.5l1.4-1.4M14.1 5.9l1.4-1.4',
  moon: 'M15 12A6 6 0 0 1 8 5a6 6 0 1 0 7 7z',
  out: 'M8 4H4v12h4M9 10h8M14 7l3 3-3 3',
  menu: 'M3 6h14M3 10h14M3 14h14',
  close: 'M5 5l10 10M15 5L5 15',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  plus: 'M10 4v12M4 10h12',
  pause: 'M7 4v12M13 4v12',
  up: 'M5 12l5-5 5 5',
  down: 'M5 8l5 5 5-5',
  info: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 9v5M10 6.5v.01',
  stop: 'M5 5h10v10H5z',
  again: 'M16 10a6 6 0 1 1-2-4.5M14 2v4h-4',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 16, solid = false }: { name: IconName; size?: number; solid?: boolean }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 20 20"
    fill={solid ? 'currentColor' : 'none'}
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={PATHS[name]} />
  </svg>
);

/** Crystals of salt: the one mark of the house. */
export const Brand = () => (
  <svg
    width="22"
    height="22"
    viewBox="0 0 22 22"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d="M11 2l8 4.5v9L11 20l-8-4.5v-9z" />
    <path d="M3 6.5l8 4.5 8-4.5M11 11v9" />
  </svg>
);
