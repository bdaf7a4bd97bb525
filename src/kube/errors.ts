/** Turns whatever a call to the API server ended in into an operating error. */
import { ApiException } from '@kubernetes/client-node';
import { AxiosError } from 'axios';
import * as v from 'valibot';
import type { OperatingError } from '../core/result.ts';

/** One kind of call: what RBAC calls it, and what people do. */
export interface KubeCall {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'delete';
  /** API group, "" for the core. */
  readonly group: string;
  /** Plural with subresource: "pods", "replicationcontrollers/scale". */
  readonly resource: string;
  /** The object as people know it: "rc/spark-workers", "pod w-x1". */
  readonly what: string;
  /** Undefined for what has no namespace. */
  readonly namespace: string | undefined;
  /** How the body of a `patch` is meant; `merge` if absent. */
  readonly patch?: 'merge' | 'json';
}

/** The credential itself cannot be had: its file is gone, is empty, or a plug-in failed. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

/** Nobody may keep us away for longer than this with one answer. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

const Status = v.object({
  kind: v.literal('Status'),
  message: v.optional(v.string(), ''),
  details: v.optional(v.object({ retryAfterSeconds: v.optional(v.number()) })),
});

/**
 * The operating error for a failed call. What is not the other side's or the network's doing (a missing argument) is a
 * bug and thrown again.
 */
export function toOperatingError(cause: unknown, call: KubeCall, nowEpochMs: number): OperatingError {
  const what = call.what;
  if (cause instanceof ApiException) return fromStatus(cause, call, nowEpochMs);
  if (cause instanceof CredentialError) return { kind: 'unauthorized', what, detail: cause.message };
  if (!(cause instanceof Error)) throw cause;
  if (cause.name === 'RequiredError') throw cause;
  if (cause instanceof AxiosError) return { kind: 'unreachable', what, detail: networkReason(cause) };
  return { kind: 'malformed', what, detail: 'the answer is not the JSON that the Kubernetes API promises' };
}

/** An answer that was read but lacks what every such object has. */
export function malformed(what: string, missing: string): OperatingError {
  return { kind: 'malformed', what, detail: `the answer has no ${missing}: is this a Kubernetes API server?` };
}

function fromStatus(exception: ApiException<unknown>, call: KubeCall, nowEpochMs: number): OperatingError {
  const { code: status, headers } = exception;
  const { message, retryAfterSeconds } = readStatus(exception.body);
  const retryAfterMs = retryAfterMsOf(headers['retry-after'], nowEpochMs) ?? secondsToMs(retryAfterSeconds);
  const base = { what: call.what, status };
  const detail = message === '' ? `HTTP ${status} without a reason` : message;
  if (status === 401) return { ...base, kind: 'unauthorized', detail: 'the API server does not accept the credential' };
  if (status === 403) return { ...base, kind: 'unauthorized', detail: forbidden(message, call) };
  if (status === 404) return { ...base, kind: 'not-found', detail };
  if (status === 409) return { ...base, kind: 'conflict', detail };
  if (status === 429 || (status >= 500 && retryAfterMs !== undefined)) {
    const throttled = 'the API server asks us to come back later';
    return { ...base, kind: 'throttled', detail: throttled, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  return { ...base, kind: 'refused', detail };
}

/** RBAC's no gets the rule that is missing; an admission plug-in's no keeps its own words. */
function forbidden(message: string, call: KubeCall): string {
  if (message !== '' && !message.includes(`cannot ${call.verb} resource`)) return message;
  const user = /User "([^"]+)"/.exec(message)?.[1];
  const where = call.namespace === undefined ? '' : ` in namespace ${call.namespace}`;
  const rule = `{apiGroups: ["${call.group}"], resources: ["${call.resource}"], verbs: ["${call.verb}"]}`;
  return `${user ?? 'the account'} may not ${call.verb} ${call.resource}${where}; its Role needs the rule ${rule}`;
}

/** The `Status` object of an error answer; throttling and proxies send plain text or HTML instead. */
function readStatus(body: unknown): { message: string; retryAfterSeconds: number | undefined } {
  let value = body;
  if (typeof body === 'string') {
    try {
      value = JSON.parse(body);
    } catch {
      value = undefined;
    }
  }
  const parsed = v.safeParse(Status, value);
  if (!parsed.success) return { message: '', retryAfterSeconds: undefined };
  const { message, details } = parsed.output;
  return { message: oneLine(message), retryAfterSeconds: details?.retryAfterSeconds };
}

/** `Retry-After` in milliseconds: whole seconds or an HTTP date; undefined if it is neither. */
function retryAfterMsOf(header: string | undefined, nowEpochMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return secondsToMs(Number(header));
  const atEpochMs = Date.parse(header);
  return Number.isNaN(atEpochMs) ? undefined : clampRetry(atEpochMs - nowEpochMs);
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : clampRetry(seconds * 1000);
}

function clampRetry(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}

/** Never more of it than its code and its words: the request it carries holds the credential. */
function networkReason({ code, message }: AxiosError): string {
  return [code ?? '', oneLine(message)].filter((part) => part !== '').join(': ') || 'no connection';
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
