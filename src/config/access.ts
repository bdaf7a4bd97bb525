/** How a server that holds Spark's numbers is reached: out of the values of its settings. */
import type { SettingId, Values } from './settings.ts';

/** How a server is reached; secrets are files. */
export interface Access {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly tokenFile: string | undefined;
  readonly headersFile: string | undefined;
}

/** The keys of `Values` that such rows make. */
export type AccessKey = {
  [Id in SettingId]: Id extends `${infer Key}HeadersFile`
    ? `${Key}CaFile` extends SettingId
      ? `${Key}CertFile` extends SettingId
        ? Key
        : never
      : never
    : never;
}[SettingId];

/** Picks them out of all values. */
export function accessOf(values: Values, key: AccessKey): Access {
  return {
    caFile: values[`${key}CaFile`],
    certFile: values[`${key}CertFile`],
    keyFile: values[`${key}KeyFile`],
    username: values[`${key}Username`],
    passwordFile: values[`${key}PasswordFile`],
    tokenFile: values[`${key}TokenFile`],
    headersFile: values[`${key}HeadersFile`],
  };
}
