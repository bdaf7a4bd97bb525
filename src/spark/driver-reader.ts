/**
 * Reads documents from drivers: through the master's `/proxy/`, or at the address the application named.
 *
 * The proxy hands our credentials on to whatever address the application named (seen on 4.1.0), so with Spark
 * credentials set it is only used where that was asked for (R26).
 */
import { err, type OperatingError, type Result } from '../core/result.ts';
import type { AddressGuard } from './address-guard.ts';
import type { Credentials } from './credentials.ts';
import type { SparkHttp } from './http-client.ts';
import type { SparkHttpOptions } from './options.ts';
import { shown, urlPart } from './plain-text.ts';
import type { SparkMaster } from './ports.ts';

type Way = 'proxy' | 'direct';

export interface DriverReaderDeps {
  readonly options: SparkHttpOptions;
  readonly proxyHttp: SparkHttp;
  readonly driverHttp: SparkHttp;
  readonly masterCredentials: Credentials;
  readonly driverCredentials: Credentials;
  readonly guard: AddressGuard;
  readonly master: Pick<SparkMaster, 'readApplicationPage'>;
}

/** Remembers for each application which way its driver was reached. */
export class DriverReader {
  readonly #deps: DriverReaderDeps;
  readonly #ways = new Map<string, Way>();
  readonly #addresses = new Map<string, string>();

  constructor(deps: DriverReaderDeps) {
    this.#deps = deps;
  }

  /** Forgets applications that are gone. */
  keep(applicationIds: ReadonlySet<string>): void {
    for (const id of this.#ways.keys()) if (!applicationIds.has(id)) this.#ways.delete(id);
    for (const id of this.#addresses.keys()) if (!applicationIds.has(id)) this.#addresses.delete(id);
  }

  /**
   * Reads one document and parses it. The way that went well last time comes first; where neither goes well, both
   * failures are told.
   */
  async read<T>(
    applicationId: string,
    path: string,
    parse: (body: string, what: string) => Result<T>,
    signal: AbortSignal,
  ): Promise<Result<T>> {
    const failures: OperatingError[] = [];
    for (const way of this.#order(applicationId)) {
      const result = await this.#readBy(way, applicationId, path, parse, signal);
      if (result.ok) {
        this.#ways.set(applicationId, way);
        return result;
      }
      failures.push(result.error);
    }
    this.#ways.delete(applicationId);
    this.#addresses.delete(applicationId);
    return err(together(applicationId, failures));
  }

  #order(applicationId: string): readonly Way[] {
    const { useProxy } = this.#deps.options;
    if (useProxy === 'always') return ['proxy'];
    if (useProxy === 'never' || this.#deps.masterCredentials.configured) return ['direct'];
    const known = this.#ways.get(applicationId) ?? [...this.#ways.values()].at(-1) ?? 'proxy';
    return known === 'proxy' ? ['proxy', 'direct'] : ['direct', 'proxy'];
  }

  async #readBy<T>(
    way: Way,
    applicationId: string,
    path: string,
    parse: (body: string, what: string) => Result<T>,
    signal: AbortSignal,
  ): Promise<Result<T>> {
    const { options, proxyHttp, driverHttp, masterCredentials, driverCredentials } = this.#deps;
    if (way === 'proxy') {
      const what = `driver of ${shown(applicationId)} through the master's proxy`;
      const url = `${options.masterUrl}/proxy/${urlPart(applicationId)}${path}`;
      const body = await proxyHttp.text({ what, url, credentials: masterCredentials }, signal);
      return body.ok ? parse(body.value, what) : body;
    }
    const what = `driver of ${shown(applicationId)} at its own address`;
    const address = await this.#addressOf(applicationId, signal);
    if (!address.ok) return address;
    const url = `${address.value}${path}`;
    const body = await driverHttp.text({ what, url, credentials: driverCredentials }, signal);
    return body.ok ? parse(body.value, what) : body;
  }

  /** The address as the master's page links it, checked before anything is sent there. */
  async #addressOf(applicationId: string, signal: AbortSignal): Promise<Result<string>> {
    let address = this.#addresses.get(applicationId);
    if (address === undefined) {
      const page = await this.#deps.master.readApplicationPage(applicationId, signal);
      if (!page.ok) return page;
      address = page.value.uiAddress;
    }
    const what = `driver of ${shown(applicationId)}`;
    if (address === undefined) return err({ kind: 'not-found', what, detail: "the master's page links no address" });
    const checked = this.#deps.guard.checkUrl(address);
    if (!checked.ok) return err({ ...checked.error, what });
    this.#addresses.set(applicationId, address);
    const { origin, pathname } = checked.value;
    return { ok: true, value: `${origin}${pathname.replace(/\/+$/, '')}` };
  }
}

function together(applicationId: string, failures: readonly OperatingError[]): OperatingError {
  const [first, second] = failures;
  if (first === undefined)
    return { kind: 'unreachable', what: `driver of ${shown(applicationId)}`, detail: 'no way was tried' };
  if (second === undefined) return first;
  const detail = failures.map((failure) => `${failure.what}: ${failure.kind}: ${failure.detail}`).join('; ');
  // A refusal by our own guard is what a person can mend, and a deadline is what costs time; else the first one tells.
  const kinds = failures.map(({ kind }) => kind);
  const kind = (['blocked', 'timeout'] as const).find((one) => kinds.includes(one)) ?? first.kind;
  return { kind, what: `driver of ${shown(applicationId)}`, detail };
}
