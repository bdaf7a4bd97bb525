/** The fields that all kinds of workload share, taken out of an answer that may be anything. */
import * as v from 'valibot';
import { err, ok, type Result } from '../../core/result.ts';
import type { PodText } from '../container.ts';
import { malformed } from '../errors.ts';

const Texts = v.record(v.string(), v.string());

const OwnerReference = v.object({
  apiVersion: v.string(),
  kind: v.string(),
  name: v.string(),
  uid: v.string(),
  controller: v.optional(v.boolean(), false),
});

const Metadata = v.object({
  name: v.string(),
  uid: v.string(),
  resourceVersion: v.string(),
  generation: v.optional(v.number()),
  labels: v.optional(Texts, {}),
  annotations: v.optional(Texts, {}),
  ownerReferences: v.optional(v.array(OwnerReference), []),
});

const Expression = v.object({ key: v.string(), operator: v.string(), values: v.optional(v.array(v.string()), []) });

/** Of apps/v1; ReplicationControllers and DeploymentConfigs have a plain map in its place. */
const LabelSelector = v.object({
  matchLabels: v.optional(Texts, {}),
  matchExpressions: v.optional(v.array(Expression), []),
});

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const Workload = v.object({
  metadata: Metadata,
  spec: v.object({ replicas: v.optional(Count), template: v.optional(v.unknown()) }),
  status: v.optional(
    v.object({
      replicas: v.optional(Count, 0),
      readyReplicas: v.optional(Count, 0),
      observedGeneration: v.optional(v.number()),
    }),
    {},
  ),
});

const Variable = v.object({
  name: v.string(),
  value: v.exactOptional(v.string()),
  valueFrom: v.exactOptional(
    v.object({
      resourceFieldRef: v.exactOptional(
        v.object({
          containerName: v.exactOptional(v.string()),
          divisor: v.exactOptional(v.string()),
          resource: v.string(),
        }),
      ),
    }),
  ),
});

const Container = v.object({
  name: v.string(),
  env: v.exactOptional(v.array(Variable)),
  resources: v.exactOptional(v.object({ limits: v.exactOptional(Texts), requests: v.exactOptional(Texts) })),
});

const Template = v.object({ spec: v.exactOptional(v.object({ containers: v.array(Container) })) });

/** Only who owns it. */
export const Owned = v.object({ metadata: v.object({ ownerReferences: v.optional(v.array(OwnerReference), []) }) });

export type Owner = v.InferOutput<typeof OwnerReference>;
export type Workload = v.InferOutput<typeof Workload>;

/** Reads the shared fields. `what` is the object as people know it. */
export function parseWorkload(value: unknown, what: string): Result<Workload> {
  const parsed = v.safeParse(Workload, value);
  if (parsed.success) return ok(parsed.output);
  return err(malformed(what, v.getDotPath(parsed.issues[0]) ?? 'metadata and spec'));
}

/** Further fields of one kind. */
export function parseAs<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): Result<T> {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? ok(parsed.output) : err(malformed(what, v.getDotPath(parsed.issues[0]) ?? 'fields'));
}

/** The owner that controls it, if there is one. */
export function controllerOf({ metadata }: v.InferOutput<typeof Owned>): Owner | undefined {
  return metadata.ownerReferences.find(({ controller }) => controller);
}

/** A pod template as far as we read it; undefined where it is not one. */
export function templateOf(template: unknown): PodText | undefined {
  const parsed = v.safeParse(Template, template);
  return parsed.success ? parsed.output : undefined;
}

/** A plain map as a query for pods. An empty one is refused: it would make every pod of the namespace a worker. */
export function selectorOfMap(selector: unknown, what: string): Result<string> {
  const parsed = v.safeParse(Texts, selector);
  const query = parsed.success ? queryOf(parsed.output) : '';
  return query === '' ? err(malformed(what, 'spec.selector')) : ok(query);
}

/** The selector of apps/v1 as a query for pods. */
export function selectorOfLabels(selector: unknown, what: string): Result<string> {
  const parsed = v.safeParse(LabelSelector, selector);
  if (!parsed.success) return err(malformed(what, 'spec.selector'));
  const { matchLabels, matchExpressions } = parsed.output;
  const parts = matchExpressions.map(requirement);
  const query = [queryOf(matchLabels), ...parts].filter((part) => part !== '').join(',');
  return query === '' || parts.includes(undefined) ? err(malformed(what, 'spec.selector')) : ok(query);
}

function queryOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function requirement({ key, operator, values }: v.InferOutput<typeof Expression>): string | undefined {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return undefined;
  }
}
