/** The settings by which a server that holds Spark's numbers is reached: the same for each kind of server. */
import { optional, type Group, type Setting } from './setting.ts';
import { file, secretFile, userName } from './text-kinds.ts';

type Part = 'CaFile' | 'CertFile' | 'KeyFile' | 'Username' | 'PasswordFile' | 'TokenFile' | 'HeadersFile';

export type AccessRows<Key extends string> = Readonly<Record<`${Key}${Part}`, Setting<string | undefined>>>;

/**
 * The rows of one server.
 *
 * @param key how the keys of its rows begin: `graphite`.
 * @param name how its variables begin, without the prefix: `GRAPHITE`.
 * @param server for the sentences: "Graphite", "the drivers' Jolokia agents".
 */
export function accessSettings<const Key extends string>(
  key: Key,
  name: string,
  group: Group,
  server: string,
): AccessRows<Key> {
  const row = (part: string, sentence: string, kind: ReturnType<typeof file>, otherwise: string) =>
    optional({ name: `${name}_${part}`, group, sentence, kind, otherwise });
  const rows: Readonly<Record<Part, Setting<string | undefined>>> = {
    CaFile: row('CA_FILE', `Certificates (PEM) that sign that of ${server}.`, file(), PUBLIC),
    CertFile: row('CERT_FILE', `The daemon's own certificate (PEM) for ${server}.`, file(), 'none is presented'),
    KeyFile: row('KEY_FILE', 'The private key (PEM) of that certificate.', secretFile(), 'none is used'),
    Username: row('USERNAME', `User at ${server}, for basic authentication.`, userName(), NO_BASIC),
    PasswordFile: row('PASSWORD_FILE', 'File with the password of that user.', secretFile(), NO_BASIC),
    TokenFile: row('TOKEN_FILE', `File with a bearer token for ${server}.`, secretFile(), 'no token is sent'),
    HeadersFile: row('HEADERS_FILE', FURTHER(server), secretFile(), 'no further headers are sent'),
  };
  const entries = Object.entries(rows).map(([part, one]) => [`${key}${part}`, one] as const);
  // The compiler cannot see that the entries of all parts make the whole.
  return Object.fromEntries(entries) as unknown as AccessRows<Key>;
}

const PUBLIC = 'the public authorities known to Node';
const NO_BASIC = 'no basic authentication';
const FURTHER = (server: string): string => `File with further headers for ${server}, one "Name: value" a line.`;
