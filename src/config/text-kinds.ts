/** Kinds of values that are names, files, addresses and networks. */
import ipaddr from 'ipaddr.js';
import type { Kind, Parsed } from './kinds.ts';
import { isLabelSelector, isLabelValue } from './labels.ts';
import { NOT_SHOWN, printable } from './problem.ts';

const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LONGEST_OBJECT_NAME = 253;
const LONGEST_PATH = 4096;
const MOST_NETWORKS = 64;

/** What the word `private` stands for: the networks that are not routed in public, and carrier-grade NAT. */
export const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
];

/** Where a server listens; without a host on every address of the pod, IPv4 and IPv6. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** The name of a Kubernetes object: DNS labels joined by dots. */
export function objectName(unit: string): Kind<string> {
  return text(
    unit,
    'a name of lower-case letters, digits, - and ., at most 253 characters',
    (value) => value.length <= LONGEST_OBJECT_NAME && value.split('.').every((label) => DNS_LABEL.test(label)),
    'write the name as kubectl get shows it',
  );
}

/** The name of a namespace: one DNS label. */
export function namespaceName(): Kind<string> {
  return text(
    'namespace',
    'a name of lower-case letters, digits and -, at most 63 characters',
    (value) => DNS_LABEL.test(value),
    'write the name as kubectl get namespaces shows it',
  );
}

/** The name of a Spark cluster: it is used as the value of a label. */
export function clusterName(): Kind<string> {
  return text(
    'name',
    'a name of letters, digits, -, _ and ., at most 63 characters, with a letter or digit at both ends',
    isLabelValue,
    'write the name that the label oshinko-cluster carries',
  );
}

/** A label selector, as kubectl takes it after -l. */
export function labelSelector(): Kind<string> {
  return text(
    'label selector',
    'a label selector as kubectl takes it, such as app=spark,role=worker',
    isLabelSelector,
    'write labels as key=value, joined by commas',
  );
}

/** What `spark.metrics.namespace` may be: a literal, or Spark's own `${spark.app.id}` and `${spark.app.name}` in it. */
export function metricsNamespace(): Kind<string> {
  return text(
    'text',
    'a text of at most 200 printable characters, in which only ${spark.app.id} and ${spark.app.name} are filled in',
    (value) =>
      /^[^\p{Cc}\p{Cf}]{1,200}$/u.test(value) && !value.replaceAll(/\$\{spark\.app\.(?:id|name)\}/g, '').includes('${'),
    'write it as spark.metrics.namespace is set, with no other reference in it',
  );
}

/** A text on one line, handed on as it is. */
export function oneLine(unit: string, mend: string): Kind<string> {
  return text(
    unit,
    'a text of at most 1000 characters on one line',
    (value) => /^[^\p{Cc}]{1,1000}$/u.test(value),
    mend,
  );
}

/** The name of a label of Prometheus. */
export function labelName(): Kind<string> {
  return text(
    'label',
    'a name of letters, digits and _, at most 128 characters, that begins with no digit',
    (value) => /^[A-Za-z_]\w{0,127}$/.test(value),
    'write the label as it stands between the braces of a selector, such as spark_app',
  );
}

const PLACES = /\$\{(?:host|spark\.app\.id|spark\.app\.name)\}/g;

/** Where an application's Jolokia agent answers: an address in which the host, at least, stands for the application. */
export function jolokiaUrl(): Kind<string> {
  return {
    unit: 'URL',
    allowed:
      'an http:// or https:// address with ${host}, ${spark.app.id} or ${spark.app.name} in it, without user, password, ? and #',
    parse: (value) => {
      const mend = 'write it like http://${host}:8778/jolokia';
      const parsed = parseHttpUrl(value.replaceAll(PLACES, 'place'));
      if (!parsed.ok) return { ok: false, mend };
      if (value.search(PLACES) < 0)
        return { ok: false, mend: `${mend}: a fixed address cannot be every application's` };
      return { ok: true, value: value.replace(/\/{1,64}$/, '') };
    },
    show: (value) => value,
    showRefused: (value) => printable(withoutSecrets(value)),
  };
}

/** The absolute path of a file. */
export function file(): Kind<string> {
  return text('file', 'the absolute path of a file', isAbsolutePath, 'write a path that begins with /');
}

/** The absolute path of a file that holds a secret. A refused text is not shown: it may be the secret itself. */
export function secretFile(): Kind<string> {
  const mend = 'write the path of a file that holds the secret, beginning with /; never the secret itself';
  return { ...text('file', 'the absolute path of a file', isAbsolutePath, mend), showRefused: () => NOT_SHOWN };
}

/** A user name for HTTP basic authentication. A refused text is not shown: it may hold a password as well. */
export function userName(): Kind<string> {
  const mend = 'write the name alone; the password is given in a file';
  const allowed = 'a name of at most 256 printable characters without a colon';
  const kind = text('name', allowed, (value) => /^[^:\p{Cc}]{1,256}$/u.test(value), mend);
  return { ...kind, showRefused: () => NOT_SHOWN };
}

/** An http or https address with an optional path; kept without a slash at its end. */
export function httpUrl(): Kind<string> {
  return {
    unit: 'URL',
    allowed: 'an http:// or https:// address, with a path if need be, without user, password, ? and #',
    parse: parseHttpUrl,
    show: (value) => value,
    showRefused: (value) => printable(withoutSecrets(value)),
  };
}

function parseHttpUrl(value: string): Parsed<string> {
  const refused = { ok: false, mend: 'write it like http://127.0.0.1:8080' } as const;
  if (value.includes('@'))
    return { ok: false, mend: 'take user and password out: they are given by settings and files' };
  // WHATWG parsing would silently drop line ends and turn \ into /.
  if (!/^https?:\/\/[^\s\\?#\p{Cc}]+$/iu.test(value)) return refused;
  const url = URL.parse(value);
  if (url === null || url.hostname === '') return refused;
  return { ok: true, value: `${url.origin}${url.pathname}`.replace(/\/{1,64}$/, '') };
}

/** Everything before the last @ may be a password, everything after ? or # a token. */
function withoutSecrets(value: string): string {
  const at = value.lastIndexOf('@');
  const rest = at < 0 ? value : `***@${value.slice(at + 1)}`;
  const end = rest.search(/[?#]/);
  return end < 0 ? rest : `${rest.slice(0, end + 1)}***`;
}

/** An IP address and a port to listen on: ":9404", "10.1.2.3:9404", "[::1]:9404". */
export function listenAddress(): Kind<ListenAddress> {
  const refused = { ok: false, mend: 'write :9404, 10.1.2.3:9404 or [::1]:9404' } as const;
  return {
    unit: 'address',
    allowed: 'an IP address and a port from 1 to 65535, or :port for every address of the pod',
    parse: (value) => {
      const [, host, digits] = /^(\[[\da-fA-F:.]{2,45}\]|[\d.]{7,15})?:(\d{1,5})$/.exec(value) ?? [];
      const port = Number(digits ?? '0');
      const address = host?.replace(/^\[|\]$/g, '');
      if (port < 1 || port > 65_535 || (address !== undefined && !isIpAddress(address))) return refused;
      return { ok: true, value: { host: address, port } };
    },
    show: ({ host = '', port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
    showRefused: printable,
  };
}

/** Networks in CIDR form and the word `private`, joined by commas; kept as CIDRs, each once. */
export function networks(): Kind<readonly string[]> {
  return {
    unit: 'networks',
    allowed: `a list of at most ${MOST_NETWORKS} networks such as 10.0.0.0/8 or fd00::/8, and the word private, joined by commas`,
    parse: (value) => {
      const parts = value.split(',', MOST_NETWORKS + 1).map((part) => part.trim());
      const wrong = parts.find((part) => part !== 'private' && !isNetwork(part));
      if (wrong !== undefined) return { ok: false, mend: mendNetwork(wrong) };
      if (parts.length > MOST_NETWORKS) return { ok: false, mend: 'join networks that lie side by side' };
      const all = parts.flatMap((part) => (part === 'private' ? PRIVATE_NETWORKS : [part]));
      return { ok: true, value: [...new Set(all)] };
    },
    show: (value) => value.join(','),
    showRefused: printable,
  };
}

/** An address and a prefix length, with no bit set behind the prefix: 10.1.2.3/8 is a slip, not a network. */
function isNetwork(text: string): boolean {
  return networkOf(text) === text.toLowerCase();
}

/** The network that the text lies in, in its usual spelling; undefined if the text is no CIDR. */
function networkOf(text: string): string | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || !isIpAddress(address) || !ipaddr.isValidCIDR(text)) {
    return undefined;
  }
  const of = address.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4;
  return `${of.networkAddressFromCIDR(text).toString()}/${Number(prefix)}`;
}

function mendNetwork(wrong: string): string {
  const meant = networkOf(wrong);
  if (meant !== undefined) return `write ${meant} in place of ${printable(wrong)}`;
  return `"${printable(wrong)}" is no network: write it with a prefix length, like 10.0.0.0/8`;
}

/** Only the four-part form: 010.0.0.1 and 10.1 mean different things to different programs. */
function isIpAddress(text: string): boolean {
  if (text.includes('%')) return false;
  return text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
}

function isAbsolutePath(value: string): boolean {
  return value.length <= LONGEST_PATH && /^\/[^\p{Cc}]+$/u.test(value);
}

function text(unit: string, allowed: string, isAllowed: (value: string) => boolean, mend: string): Kind<string> {
  return {
    unit,
    allowed,
    parse: (value) => (isAllowed(value) ? { ok: true, value } : { ok: false, mend }),
    show: (value) => value,
    showRefused: printable,
  };
}
