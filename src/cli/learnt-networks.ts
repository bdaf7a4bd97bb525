/**
 * Networks that the worker pods' own addresses show to be the cluster's: applications may name addresses there (R26).
 *
 * Some clusters give pods addresses outside the private ranges; without this the guard would be blind there.
 */
import ipaddr from 'ipaddr.js';
import type { WorkerPods } from '../kube/ports.ts';

const IPV4_PREFIX_BITS = 16;
const IPV6_PREFIX_BITS = 64;

export class LearntNetworks {
  readonly #networks = new Set<string>();

  /** CIDRs learnt so far. */
  list(): readonly string[] {
    return [...this.#networks];
  }

  /** The same pods; every list that passes by is learnt from. */
  watch(pods: WorkerPods): WorkerPods {
    return {
      ...pods,
      list: async (consistent, signal) => {
        const listed = await pods.list(consistent, signal);
        if (listed.ok)
          for (const pod of listed.value)
            pod.addresses.forEach((address) => {
              this.#learn(address);
            });
        return listed;
      },
    };
  }

  #learn(address: string): void {
    if (!ipaddr.isValid(address)) return;
    const parsed = ipaddr.process(address);
    // Loopback and link-local are never a pod network, whatever a pod says.
    if (['loopback', 'linkLocal', 'unspecified', 'multicast', 'broadcast', 'reserved'].includes(parsed.range())) return;
    const bits = parsed.kind() === 'ipv4' ? IPV4_PREFIX_BITS : IPV6_PREFIX_BITS;
    const network =
      parsed.kind() === 'ipv4'
        ? ipaddr.IPv4.networkAddressFromCIDR(`${parsed.toString()}/${bits}`)
        : ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${bits}`);
    this.#networks.add(`${network.toString()}/${bits}`);
  }
}
