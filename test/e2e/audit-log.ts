/** Reads the API server's audit log: who wrote what, in which order. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';

const AuditLine = v.object({
  auditID: v.optional(v.string(), ''),
  verb: v.string(),
  requestURI: v.string(),
  stage: v.string(),
  requestReceivedTimestamp: v.string(),
  user: v.object({ username: v.string() }),
  userAgent: v.optional(v.string()),
  objectRef: v.optional(
    v.object({
      resource: v.optional(v.string()),
      subresource: v.optional(v.string()),
      namespace: v.optional(v.string()),
      name: v.optional(v.string()),
    }),
  ),
  responseStatus: v.optional(v.object({ code: v.optional(v.number()) })),
  requestObject: v.optional(v.unknown()),
  responseObject: v.optional(v.unknown()),
});

export interface AuditEntry {
  /** The `Audit-Id` header of the answer. */
  readonly id: string;
  readonly atMs: number;
  /** "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection" */
  readonly verb: string;
  /** Like "system:serviceaccount:ns:name". */
  readonly user: string;
  readonly path: string;
  /** With subresource: "pods", "replicationcontrollers/scale". */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly status: number;
  /** Bodies; present for writes only. */
  readonly request: unknown;
  readonly response: unknown;
}

/** Turns finished audit lines into entries, in the log's order. A cut last line and half-done watches are left out. */
export function parseAuditLog(lines: Iterable<string>): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const line of lines) {
    const event = parseLine(line);
    if (event === undefined || event.stage === 'ResponseStarted') continue;
    const { resource = '', subresource, namespace, name } = event.objectRef ?? {};
    entries.push({
      id: event.auditID,
      atMs: Date.parse(event.requestReceivedTimestamp),
      verb: event.verb,
      user: event.user.username,
      path: event.requestURI,
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      namespace,
      name,
      status: event.responseStatus?.code ?? 0,
      request: event.requestObject,
      response: event.responseObject,
    });
  }
  return entries;
}

/** Reads {@link ControlPlane.auditLogFile}. */
export async function readAuditLog(file: string): Promise<AuditEntry[]> {
  return parseAuditLog((await readFile(file, 'utf8')).split('\n'));
}

function parseLine(line: string): v.InferOutput<typeof AuditLine> | undefined {
  try {
    return v.parse(AuditLine, JSON.parse(line));
  } catch {
    return undefined;
  }
}
