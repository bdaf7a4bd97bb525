/** Variables that Kubernetes puts into every container for each Service: not ours, even where the name begins like ours. */
import { isIP } from 'node:net';

const START = '^ELASTIC_WORKER(?:_[A-Z0-9_]+)?';
const isPort = (value: string): boolean => /^\d{1,5}$/.test(value);
const isEndpoint = (value: string): boolean => /^(?:tcp|udp|sctp):\/\/\S+:\d{1,5}$/.test(value);
const isProtocol = (value: string): boolean => /^(?:tcp|udp|sctp)$/.test(value);
const isAddress = (value: string): boolean => isIP(value) !== 0;

/** Names and the values that go with them: a setting with a slip in its name must not pass as one of these. */
const FORMS: readonly { readonly name: RegExp; readonly isValue: (value: string) => boolean }[] = [
  { name: new RegExp(`${START}_SERVICE_HOST$`), isValue: isAddress },
  { name: new RegExp(`${START}_SERVICE_PORT(?:_[A-Z0-9_]+)?$`), isValue: isPort },
  { name: new RegExp(`${START}_PORT(?:_\\d{1,5}_(?:TCP|UDP|SCTP))?$`), isValue: isEndpoint },
  { name: new RegExp(`${START}_PORT_\\d{1,5}_(?:TCP|UDP|SCTP)_PROTO$`), isValue: isProtocol },
  { name: new RegExp(`${START}_PORT_\\d{1,5}_(?:TCP|UDP|SCTP)_PORT$`), isValue: isPort },
  { name: new RegExp(`${START}_PORT_\\d{1,5}_(?:TCP|UDP|SCTP)_ADDR$`), isValue: isAddress },
];

/** Whether a Service named `elastic-worker` or `elastic-worker-<something>` could have left this variable. */
export function isServiceVariable(name: string, value: string): boolean {
  return FORMS.some((form) => form.name.test(name) && form.isValue(value));
}

/** Whether the name alone could be such a variable's: no setting may be called so. */
export function looksLikeServiceVariable(name: string): boolean {
  return FORMS.some((form) => form.name.test(name));
}
