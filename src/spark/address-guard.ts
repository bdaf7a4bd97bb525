/**
 * Which addresses may be asked. An application names the address of its own UI, so that address is hostile input (R26):
 * only networks that a setting allows or that the pods' own addresses taught, loopback only where a setting names it,
 * link-local and the API server never. Checked again after DNS, on the very address that is connected to.
 */
import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { err, ok, type Result } from '../core/result.ts';
import { shown } from './plain-text.ts';

export interface GuardOptions {
  /** CIDRs; nothing else is allowed. */
  readonly allowedNetworks: readonly string[];
  readonly learntNetworks: () => readonly string[];
  /** Host names or addresses, IPv6 with or without brackets. */
  readonly deniedAddresses: readonly string[];
}

/** Thrown into a socket whose name leads to an address that may not be asked. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const SETTING = 'ELASTIC_WORKER_ALLOWED_NETWORKS';
const API_SERVER = 'it is the Kubernetes API server';

/** No driver lives there, and who answers instead may be a cloud's metadata service or this very machine. */
const NEVER = new Set(['linkLocal', 'unspecified', 'multicast', 'broadcast']);

export class AddressGuard {
  readonly #options: GuardOptions;
  readonly #denied: ReadonlySet<string>;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#denied = new Set(options.deniedAddresses.map(usualForm));
  }

  /** Checks a URL before anything is sent; a host name is checked again when it is resolved. */
  checkUrl(text: string): Result<URL> {
    const url = URL.parse(text);
    const why = url === null ? 'it is no URL' : this.#whyUrlBlocked(url);
    if (url !== null && why === undefined) return ok(url);
    const address = url === null ? 'the address' : shown(url.host);
    return err({ kind: 'blocked', what: 'address', detail: `${address} is not asked: ${why ?? ''}` });
  }

  #whyUrlBlocked(url: URL): string | undefined {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'it is neither http nor https';
    if (url.username !== '' || url.password !== '') return 'its URL holds a credential';
    const host = usualForm(url.hostname);
    if (this.#denied.has(host)) return API_SERVER;
    return isIP(host) === 0 ? undefined : this.whyBlocked(host);
  }

  /** Why this address may not be asked; undefined if it may. */
  whyBlocked(address: string): string | undefined {
    if (isIP(address) === 0) return 'it is no address';
    // An IPv4 address in IPv6 clothes is what it is.
    const parsed = ipaddr.process(address);
    const range = parsed.range();
    if (this.#denied.has(parsed.toString())) return API_SERVER;
    if (NEVER.has(range)) return `${range} addresses are never asked`;
    const allowing = this.#options.allowedNetworks.filter((network) => contains(network, parsed));
    // "Everything" is not meant to say this machine too: a network of loopback addresses alone says so.
    const allowed = range === 'loopback' ? allowing.some(isLoopback) : allowing.length > 0;
    if (allowed) return undefined;
    if (range === 'loopback' || range === 'reserved')
      return `${range} addresses are only asked where ${SETTING} names them`;
    if (this.#options.learntNetworks().some((network) => contains(network, parsed))) return undefined;
    return `it lies in no network of ${SETTING}`;
  }

  /** For sockets: resolves a name and refuses it if any of its addresses is blocked. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const [first] = addresses;
      if (first === undefined) {
        callback(new BlockedAddressError(`${shown(hostname)} has no address`), '');
        return;
      }
      for (const { address } of addresses) {
        const why = this.whyBlocked(address);
        if (why === undefined) continue;
        callback(new BlockedAddressError(`${shown(hostname)} leads to ${address}, which is not asked: ${why}`), '');
        return;
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** One spelling for each host: no brackets, no root dot, addresses in their short form. */
function usualForm(host: string): string {
  const bare = host.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  return isIP(bare) === 0 ? bare : ipaddr.process(bare).toString();
}

function contains(network: string, address: Address): boolean {
  const [range, bits] = ipaddr.parseCIDR(network);
  return range.kind() === address.kind() && address.match(range, bits);
}

function isLoopback(network: string): boolean {
  const [range] = ipaddr.parseCIDR(network);
  return range.range() === 'loopback';
}
