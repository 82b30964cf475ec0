import { CommandFailed, type Ctx, call, execModule } from '../define.ts';

/** Releases by their code names: those with a year, then one number each from 3000 on. */
const DATED: Readonly<Record<string, string>> = {
  hydrogen: '2014.1',
  helium: '2014.7',
  lithium: '2015.5',
  beryllium: '2015.8',
  boron: '2016.3',
  carbon: '2016.11',
  nitrogen: '2017.7',
  oxygen: '2018.3',
  fluorine: '2019.2',
};
const NUMBERED =
  'neon sodium magnesium aluminium silicon phosphorus sulfur chlorine argon potassium calcium scandium titanium vanadium chromium manganese iron cobalt nickel copper zinc gallium germanium arsenic selenium bromine krypton rubidium strontium yttrium zirconium niobium molybdenum technetium ruthenium rhodium palladium silver cadmium indium tin antimony tellurium iodine xenon cesium barium lanthanum cerium praseodymium neodymium promethium samarium europium gadolinium terbium dysprosium holmium erbium thulium ytterbium lutetium hafnium tantalum tungsten rhenium osmium iridium platinum gold mercury'.split(
    ' ',
  );

const numberOf = (name: string): string | null => {
  const known = name.toLowerCase();
  const at = NUMBERED.indexOf(known);
  return at >= 0 ? String(3000 + at) : Object.hasOwn(DATED, known) ? (DATED[known] ?? null) : null;
};

/** Below, at or above 0 as the version this minion is compatible with is less, equal or greater; undefined for unknown names. */
const compared = (ctx: Ctx, name: string): number | undefined => {
  const other = numberOf(name);
  if (other === null) return undefined;
  const own = String(ctx.grains['saltversion'] ?? '');
  const parts = [own.replace(/\.[^.]*$/, ''), other].map((version) => version.split('.').map(Number));
  const [one = [], two = []] = parts;
  return (one[0] ?? 0) - (two[0] ?? 0) || (one[1] ?? 0) - (two[1] ?? 0);
};

const NAME = { name: { type: 'any', required: true, doc: 'the code name of a release' } } as const;
const comparing = (name: string, doc: string, fits: (order: number) => boolean) =>
  call({
    doc,
    examples: [`tsalt '*' salt_version.${name} 'Oxygen'`],
    args: NAME,
    changes: false,
    run(ctx, args) {
      const order = compared(ctx, nameOf(args.name));
      return order !== undefined && fits(order);
    },
  });
const nameOf = (name: unknown): string => {
  if (typeof name !== 'string') throw new CommandFailed("'name' argument must be a string");
  return name;
};

export default execModule({
  name: 'salt_version',
  doc: 'Compare the version of Salt that this minion is compatible with, by the code names of releases.',
  calls: {
    get_release_number: call({
      doc: 'The number of a release, or None.',
      examples: ["tsalt '*' salt_version.get_release_number 'Oxygen'"],
      args: NAME,
      changes: false,
      run: (_ctx, { name }) => numberOf(nameOf(name)),
    }),
    equal: comparing('equal', 'Whether it is that release.', (order) => order === 0),
    greater_than: comparing('greater_than', 'Whether it is a later release.', (order) => order > 0),
    less_than: comparing('less_than', 'Whether it is an earlier release.', (order) => order < 0),
  },
});
