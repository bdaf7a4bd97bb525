/** Refusals of the API server, as `Status` objects. */
import { jsonReply, type Reply } from '../http.ts';

const REASONS = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  500: 'InternalError',
} as const satisfies Readonly<Record<number, string>>;

export type FailureCode = keyof typeof REASONS;

/** What a refusal is about. */
export interface Subject {
  readonly group: string;
  /** Plural, with its subresource. */
  readonly resource: string;
  readonly name: string;
}

export function failure(code: FailureCode, message: string, subject?: Subject, reason: string = REASONS[code]): Reply {
  const details = subject && {
    name: subject.name,
    ...(subject.group !== '' && { group: subject.group }),
    kind: plural(subject),
  };
  return jsonReply(code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details !== undefined && { details }),
    code,
  });
}

function plural({ resource }: Subject): string {
  return resource.split('/')[0] ?? resource;
}

/** "leases.coordination.k8s.io", or "pods" of the core group. */
function qualified(subject: Subject): string {
  return subject.group === '' ? plural(subject) : `${plural(subject)}.${subject.group}`;
}

export function notFound(subject: Subject): Reply {
  return failure(404, `${qualified(subject)} "${subject.name}" not found`, subject);
}

export function modified(subject: Subject): Reply {
  const text = 'the object has been modified; please apply your changes to the latest version and try again';
  return failure(409, `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${text}`, subject);
}

export function preconditionFailed(subject: Subject, what: string, given: string, stored: string): Reply {
  const text = `Precondition failed: ${what} in precondition: ${given}, ${what} in object meta: ${stored}`;
  return failure(409, `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${text}`, subject);
}

export function alreadyExists(subject: Subject): Reply {
  return failure(409, `${qualified(subject)} "${subject.name}" already exists`, subject, 'AlreadyExists');
}

export function invalid(subject: Subject, kind: string, detail: string): Reply {
  return failure(422, `${kind} "${subject.name}" is invalid: ${detail}`, subject);
}

export function forbidden(subject: Subject, verb: string, namespace: string): Reply {
  const { group, name, resource } = subject;
  const what = `User "system:serviceaccount:${namespace}:stand-in" cannot ${verb} resource "${resource}"`;
  const where = `in API group "${group}" in the namespace "${namespace}"`;
  const named = name === '' ? '' : ` "${name}"`;
  return failure(403, `${qualified(subject)}${named} is forbidden: ${what} ${where}`, subject);
}
