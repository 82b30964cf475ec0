import type { Log } from '../../modules/define.ts';
import { compilePillar, compileTop, type ShownTop } from '../../states/pillar/compile.ts';
import type { PillarTools } from '../../states/pillar/contract.ts';
import type { GitPillars } from '../../states/pillar/sources/git/pillars.ts';
import type { MasterConfig } from '../options.ts';
import type { CompilePillar, PillarRequest } from '../rpc/commands/agent.ts';

export interface PillarSurroundings extends PillarTools {
  readonly git?: GitPillars;
  readonly log: Log;
}

/** Pillar of minions, by the options as they are at the time. */
export interface PillarCompiler {
  readonly compile: CompilePillar;
  /** The top files as one. */
  top(request: PillarRequest): Promise<ShownTop>;
}

export function createPillar(config: () => MasterConfig, surroundings: PillarSurroundings): PillarCompiler {
  const parts = () => ({ options: config(), ...surroundings });
  return {
    compile: async (request) => await compilePillar(parts(), asked(request)),
    top: async (request) => await compileTop(parts(), asked(request)),
  };
}

const asked = ({ id, grains, saltenv, pillarenv, override, ext }: PillarRequest) => ({ id, grains, saltenv, pillarenv, override, ext });
