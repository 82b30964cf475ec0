import type { Functions } from '../../kernel/render/functions.ts';
import type { Renderers } from '../../kernel/render/pipeline.ts';
import type { Log, Returnable } from '../../modules/define.ts';
import type { Options } from './options.ts';
import type { GitPillars } from './sources/git/pillars.ts';

export type Tree = Readonly<Record<string, unknown>>;
export type PillarMap = Readonly<Record<string, Returnable>>;

/** For whom a pillar is made, and how. */
export interface PillarRequest {
  readonly id: string;
  readonly grains: Tree;
  readonly saltenv: string | undefined;
  /** Only that environment. */
  readonly pillarenv: string | undefined;
  /** Values that win over all files (`pillar=` on the command line). */
  readonly override: Tree;
  /** An external source that the minion asks for (`pillar.ext`): its name and arguments. */
  readonly ext?: Tree | undefined;
}

/** What templates are rendered with besides the languages themselves. */
export interface PillarTools {
  /** `salt` in templates. */
  readonly functions: FunctionsFor;
  /** Further renderers, for a document that sees these names: those that need a process or keys. */
  readonly renderers?: ((names: Tree) => Renderers) | undefined;
}

export interface PillarParts extends PillarTools {
  /** The daemon's options, without secrets: templates see them. */
  readonly options: Options;
  readonly log: Log;
  /** Copies of the repositories of `ext_pillar: git`; without them that source fails. */
  readonly git?: GitPillars | undefined;
  /** A pillar made earlier; what is compiled now is laid over it, key by key, as a masterless minion of Salt does. */
  readonly before?: Tree;
}

/** Makes the functions of templates. They run where the pillar is compiled, with the grains of whom it is for. */
export type FunctionsFor = (view: FunctionsView) => Functions;

export interface FunctionsView {
  readonly id: string;
  readonly grains: Readonly<Record<string, Returnable>>;
  /** As far as it is compiled when it is asked for. */
  readonly pillar: () => PillarMap;
}
