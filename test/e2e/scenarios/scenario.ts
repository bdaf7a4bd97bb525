/** What a scenario is. */
import type { ControlPlane } from '../control-plane.ts';
import type { SparkLine } from '../install/index.ts';
import type { ScenarioResult } from '../rig/result.ts';
import type { Run } from '../rig/run-picture.ts';
import type { Workbench } from '../workbench.ts';

export interface ScenarioContext {
  readonly bench: Workbench;
  readonly controlPlane: ControlPlane;
  readonly spark: SparkLine;
  /** A namespace for this scenario alone. */
  readonly namespace: string;
  /** Makes a picture of a run, where one is wanted. */
  readonly draw?: (run: Run) => Promise<void>;
  /** A folder of this name for what is to be kept of a run: below `--results`, else in the temporary directory. */
  readonly results?: (name: string) => Promise<string>;
  /** Takes lines for a person who looks on. */
  readonly tell?: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** Whether it is part of the cut that CI runs, or on which lines of Spark it is. */
  readonly inCut: boolean | readonly SparkLine[];
  run(context: ScenarioContext): Promise<ScenarioResult>;
}

/** A condition that must hold; the message says what was found. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as it should be: ${what}`);
}
