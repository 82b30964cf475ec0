import { untilInterrupted } from '../interrupt.ts';
import type { ToolIo } from '../tool.ts';

/** Asks whether to go on. An empty answer means `otherwise`; an input that ended means no. */
export async function proceeds(io: ToolIo, otherwise: boolean): Promise<boolean> {
  io.stdout.write(otherwise ? 'Proceed? [n/Y] ' : 'Proceed? [N/y] ');
  const answer = await firstLine(io);
  if (answer === undefined) return false;
  return answer === '' ? otherwise : answer.toLowerCase().startsWith('y');
}

async function firstLine(io: ToolIo): Promise<string | undefined> {
  let text = '';
  for await (const chunk of untilInterrupted(io.stdin, io.interrupted)) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (text.includes('\n')) break;
  }
  return text === '' ? undefined : (text.split('\n')[0] ?? '').trim();
}
