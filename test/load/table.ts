import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { program } from '../support/house.ts';
import { FIGURES, type Figure, type FigureName, type Readings } from './figures.ts';

export interface Column {
  readonly salt?: Readings;
  readonly tsalt: Readings;
}

/** Where and when: what the figures depend on. */
export interface Circumstances {
  readonly minions: number;
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly seconds: number;
}

export function tableOf({ salt, tsalt }: Column): string {
  const lines = ['| figure | real Salt | tsalt | ratio | goal | met |', '|---|---:|---:|---:|---:|---|'];
  for (const name of Object.keys(FIGURES) as FigureName[]) {
    const figure: Figure = FIGURES[name];
    const [theirs, ours] = [salt?.[name], tsalt[name]];
    if (theirs === undefined && ours === undefined) continue;
    const unit = figure.unit === '' ? '' : ` ${figure.unit}`;
    const cell = (value: number | undefined): string => (value === undefined ? '-' : `${short(value)}${unit}`);
    const goal = figure.goal === undefined ? ' ' : `${figure.better === 'more' ? '≥' : '≤'} ${short(figure.goal)}`;
    lines.push(`| ${figure.title} | ${cell(theirs)} | ${cell(ours)} | ${ratio(figure, theirs, ours)} | ${goal} | ${met(figure, ours)} |`);
  }
  return `${lines.join('\n')}\n`;
}

export function circumstances({ minions, loadBefore, loadAfter, seconds }: Circumstances, withSalt: boolean): string {
  const cpu = cpus();
  const version = (make: 'salt' | 'tsalt'): string =>
    firstLine(execFileSync(program(make, '')[0] ?? '', [...program(make, '').slice(1), '--version'], { encoding: 'utf8' }));
  const facts = [
    `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `${cpu.length} cores (${cpu[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node.js ${process.versions.node}`,
    ...(withSalt ? [version('salt')] : []),
    version('tsalt'),
    `${minions} simulated minions`,
    `load ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after`,
    `${Math.round(seconds)} s in all`,
  ];
  return `${facts.join(' · ')}\n`;
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** Three digits that count. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** How many times better than real Salt. */
function ratio({ better }: Figure, theirs: number | undefined, ours: number | undefined): string {
  if (theirs === undefined || ours === undefined) return ' ';
  return `${short(better === 'more' ? ours / theirs : theirs / ours)} ×`;
}

function met({ goal, better }: Figure, ours: number | undefined): string {
  if (goal === undefined || ours === undefined) return ' ';
  return (better === 'more' ? ours >= goal : ours <= goal) ? 'yes' : 'no';
}
