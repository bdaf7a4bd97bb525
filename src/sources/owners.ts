/**
 * Whose series is it? From the owner in a series' name to an active application.
 *
 * An owner is an application's id, or its `spark.metrics.namespace`, behind whatever prefix the sink puts in front and in
 * whatever spelling the way here left of it. It is matched strictly first: as it is, then by letters and digits with `_`
 * between them, then by letters and digits alone. Only a single application will do; two leave it unmatched, since a wrong
 * match would give one application the demand of another.
 */
import type { ApplicationView } from '../core/spark-view.ts';
import { shown } from '../spark/plain-text.ts';
import type { Census, Strangers } from '../spark/ports.ts';

export type OwnerMatch =
  | { readonly kind: 'application'; readonly id: string }
  /** Of an application that has ended: Graphite and others keep its series. */
  | { readonly kind: 'ended' }
  /** Of nobody, or of more than one. */
  | { readonly kind: 'stranger'; readonly why: string };

export interface OwnerRules {
  /**
   * `spark.metrics.namespace` of applications whose own settings are not known, with Spark's own `${spark.app.id}` and
   * `${spark.app.name}`.
   */
  readonly namespace: string;
}

/** Prefixes of sinks that are looked behind, in parts of the name. */
const DEEPEST_PREFIX = 16;
/** Answers kept at most: where anybody may send, there is no end to names. */
const MOST_ANSWERS = 4096;
/** Strangers named at most. */
const MOST_NAMED = 20;

/** From strict to lenient. */
const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  // The Prometheus servlet's spelling; exporters may write lower case.
  (text) => text.replace(/[^A-Za-z0-9]/g, '_').toLowerCase(),
  // What is left after a StatsD server has dropped what it does not like.
  (text) => text.replace(/[^A-Za-z0-9]/g, '').toLowerCase(),
];

interface Claim {
  readonly active: Set<string>;
  ended: boolean;
}

type Claims = readonly ReadonlyMap<string, Claim>[];

/** Builds the matcher for the applications of one moment. Pure; some answers are kept, so asking again costs little. */
export function ownerMatcher(
  active: readonly ApplicationView[],
  census: Census,
  rules: OwnerRules,
): (owner: string) => OwnerMatch {
  const claims = claimsOf(active, census, rules);
  const answers = new Map<string, OwnerMatch>();
  return (owner) => {
    const known = answers.get(owner);
    if (known !== undefined) return known;
    const answer = match(owner, claims);
    if (answers.size < MOST_ANSWERS) answers.set(owner, answer);
    return answer;
  };
}

/** The strangers among these owners, a bounded number of them by name. */
export function strangersAmong(owners: Iterable<string>, matchOwner: (owner: string) => OwnerMatch): Strangers {
  const named: { owner: string; why: string }[] = [];
  let count = 0;
  for (const owner of owners) {
    const found = matchOwner(owner);
    if (found.kind !== 'stranger') continue;
    count += 1;
    if (named.length < MOST_NAMED) named.push({ owner: shown(owner), why: found.why });
  }
  return { count, named };
}

/** What an application's series are called: by its namespace, which is its id unless it was set. */
function namespacesOf(application: ApplicationView, census: Census, rules: OwnerRules): readonly string[] {
  const own = census.settingsOf(application.id);
  const set = own === undefined ? filledIn(rules.namespace, application) : own.metricsNamespace;
  return [...new Set([application.id, set ?? application.id])].filter((one) => one !== '');
}

function filledIn(template: string, { id, name }: ApplicationView): string {
  return template.replaceAll('${spark.app.id}', () => id).replaceAll('${spark.app.name}', () => name);
}

function claimsOf(active: readonly ApplicationView[], census: Census, rules: OwnerRules): Claims {
  return SPELLINGS.map((spell) => {
    const claims = new Map<string, Claim>();
    const claimOf = (text: string): Claim => {
      const key = spell(text);
      const claim = claims.get(key) ?? { active: new Set<string>(), ended: false };
      claims.set(key, claim);
      return claim;
    };
    for (const one of active) for (const name of namespacesOf(one, census, rules)) claimOf(name).active.add(one.id);
    const running = new Set(active.map(({ id }) => id));
    for (const id of census.endedIds) if (!running.has(id)) claimOf(id).ended = true;
    return claims;
  });
}

function match(owner: string, claims: Claims): OwnerMatch {
  for (const part of withoutPrefixes(owner)) {
    for (const [index, spell] of SPELLINGS.entries()) {
      const claim = claims[index]?.get(spell(part));
      if (claim === undefined) continue;
      // An id that has ended wins over an application that merely spells its name alike.
      if (claim.ended && (claim.active.size === 0 || index > 0)) return { kind: 'ended' };
      const [id, ...others] = claim.active;
      if (id === undefined) return { kind: 'ended' };
      if (others.length === 0) return { kind: 'application', id };
      return { kind: 'stranger', why: `${claim.active.size} active applications publish under this name` };
    }
  }
  return { kind: 'stranger', why: 'no active application publishes under this name' };
}

/** The owner itself, and what is left of it behind each dot; without dots, behind each `_`. Longest first. */
function withoutPrefixes(owner: string): readonly string[] {
  const separator = owner.includes('.') ? '.' : '_';
  const found = [owner];
  for (
    let at = owner.indexOf(separator);
    at >= 0 && found.length <= DEEPEST_PREFIX;
    at = owner.indexOf(separator, at + 1)
  )
    found.push(owner.slice(at + 1));
  return found;
}
