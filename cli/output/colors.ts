/** The colours of Salt's terminal output, by the names its outputters use. */
const CODES = {
  BLACK: '0;30',
  DARK_GRAY: '0;1;30',
  RED: '0;31',
  LIGHT_RED: '0;1;31',
  GREEN: '0;32',
  LIGHT_GREEN: '0;1;32',
  YELLOW: '0;33',
  LIGHT_YELLOW: '0;1;33',
  BLUE: '0;34',
  LIGHT_BLUE: '0;1;34',
  MAGENTA: '0;35',
  LIGHT_MAGENTA: '0;1;35',
  CYAN: '0;36',
  LIGHT_CYAN: '0;1;36',
  LIGHT_GRAY: '0;37',
  WHITE: '0;1;37',
  DEFAULT_COLOR: '0;39',
  ENDC: '0;0',
} as const;

export type Color = keyof typeof CODES;
/** The escape sequence of each colour, or an empty text for each when colours are off. */
export type Palette = Readonly<Record<Color, string>>;

const paletteOf = (code: (color: Color) => string): Palette =>
  Object.fromEntries((Object.keys(CODES) as Color[]).map((color) => [color, code(color)])) as Record<Color, string>;

const BRIGHT = paletteOf((color) => `\x1b[${CODES[color]}m`);
const PLAIN = paletteOf(() => '');

export const palette = (color: boolean): Palette => (color ? BRIGHT : PLAIN);
