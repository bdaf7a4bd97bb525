/** The login in use: its headers, and connections that are kept as long as what they were made with stays the same. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { Login } from './transport.ts';

/** The kubelet replaces the token long before it ends; looking once a minute is what other clients do. */
const FRESH_FOR_MS = 60_000;

/** What one reading of the credential gives. */
export interface Material {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;
  /** Connections through a proxy, made by somebody else. */
  readonly agent?: HttpAgent;
}

/** The login as it is used. */
export interface KeptLogin {
  /** The credential and the connections to use now. Rejects with a CredentialError. */
  login(): Promise<Login>;
  /** Reads the credential again now. Resolves with whether it is another one than before. */
  refresh(): Promise<boolean>;
  /** Ends the connections. */
  close(): void;
}

interface Made {
  readonly login: Login;
  readonly tls: Material['tls'];
  readonly atMs: number;
}

/** Reads the credential again each minute, and at once when told to. */
export function keptFresh(server: string, load: () => Promise<Material>, nowMs: () => number): KeptLogin {
  let made: Made | undefined;
  let loading: Promise<Made> | undefined;
  let retired: HttpAgent | undefined;

  async function logIn(): Promise<Made> {
    const { headers, tls, agent: given } = await load();
    const before = made;
    const agent =
      given ?? (before !== undefined && isDeepStrictEqual(before.tls, tls) ? before.login.agent : newAgent(tls));
    // A request may just have taken the old connections, so they end a round later.
    retired?.destroy();
    retired = before?.login.agent === agent ? undefined : before?.login.agent;
    made = { login: { headers, agent }, tls, atMs: nowMs() };
    return made;
  }

  function newAgent(tls: Material['tls']): HttpAgent {
    return server.startsWith('http:')
      ? new HttpAgent({ keepAlive: true })
      : new HttpsAgent({ keepAlive: true, ...tls });
  }

  function reload(): Promise<Made> {
    loading ??= logIn().finally(() => (loading = undefined));
    return loading;
  }

  return {
    login: async () => {
      const current = made !== undefined && nowMs() - made.atMs < FRESH_FOR_MS ? made : await reload();
      return current.login;
    },
    refresh: async () => {
      const before = made?.login.headers.Authorization;
      return (await reload()).login.headers.Authorization !== before;
    },
    close: () => {
      retired?.destroy();
      made?.login.agent.destroy();
    },
  };
}
