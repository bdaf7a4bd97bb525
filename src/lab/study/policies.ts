/** Who is compared: our daemon and what users would take instead, by name. */
import { PROFILES } from '../../core/profiles.ts';
import { ours } from '../ours.ts';
import { meanWorkers } from '../peers/fixed.ts';
import { PEERS } from '../peers/index.ts';
import { peer } from '../sim/peers.ts';
import type { Steps } from '../sim/result.ts';
import { NO_CONTROLLER, type Controller } from '../sim/simulate.ts';

/** A policy as the laboratory plays it. */
export interface LabPolicy {
  readonly name: string;
  /** Product and document. */
  readonly models: string;
  /** A controller for one run, and the workers it starts with; min where it does not say. */
  readonly play: (staticMax: Demand, maxWorkers: number) => Play;
}

/** What a static count is chosen by. */
export interface Demand {
  readonly timelines: { readonly demand: Steps };
  readonly endedAtMs: number;
}

interface Play {
  readonly controller: Controller;
  readonly initialWorkers?: number;
}

/** What all others are measured by: every worker is there, and registered, from the start. */
export const STATIC_MAX: LabPolicy = {
  name: 'static-max',
  models: 'replicas set once to the most that is ever wanted',
  play: (_staticMax, maxWorkers) => ({ controller: named('static-max', NO_CONTROLLER), initialWorkers: maxWorkers }),
};

const STATIC_MEAN: LabPolicy = {
  name: 'static-mean',
  models: 'replicas set once to the mean of the demand, known beforehand',
  play: ({ timelines, endedAtMs }, maxWorkers) => ({
    controller: named('static-mean', NO_CONTROLLER),
    initialWorkers: meanWorkers(timelines.demand, endedAtMs, maxWorkers),
  }),
};

type OurRules = NonNullable<Parameters<typeof ours>[0]>['rules'];

/** Our daemon with some rules other than its default ones. */
export function oursWith(name: string, models: string, rules: OurRules = {}): LabPolicy {
  return { name, models, play: () => ({ controller: ours({ name, rules }) }) };
}

export const OURS = oursWith('ours', 'this daemon with its default settings (profile balanced)');

const PROFILED: readonly LabPolicy[] = [
  oursWith('ours-saving', 'this daemon with the profile saving', PROFILES.saving),
  oursWith('ours-speed', 'this daemon with the profile speed', PROFILES.speed),
];

/** Names of all that are our daemon: everybody else is a rival. */
export const OWN: ReadonlySet<string> = new Set([OURS, ...PROFILED].map(({ name }) => name));

/** Peers of the registry, with their defaults. */
const OTHERS: readonly LabPolicy[] = PEERS.filter(({ name }) => name !== STATIC_MAX.name).map(
  ({ name, models, default: { policy } }) => ({
    name,
    models,
    play: () => ({ controller: named(name, peer(policy)) }),
  }),
);

/** In the order in which reports show them. */
export const POLICIES: readonly LabPolicy[] = [STATIC_MAX, STATIC_MEAN, OURS, ...PROFILED, ...OTHERS];

function named(name: string, controller: Controller): Controller {
  return {
    name,
    attach: (site) => {
      controller.attach(site);
    },
  };
}
