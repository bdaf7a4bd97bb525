/** How the settings of one kind of server begin; errors name settings by it. */
export type SettingPrefix = `ELASTIC_WORKER_${'SPARK' | 'DRIVER' | 'GRAPHITE' | 'PROMETHEUS' | 'JOLOKIA'}`;

/** PEM files for TLS. Our own certificate and its key are for the master and the workers, never for drivers. */
export interface TlsFileNames {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What bounds one request. */
export interface HttpLimits {
  readonly requestTimeoutMs: number;
  readonly maxConcurrentRequests: number;
  /** Longest body that is read, after decompression. */
  readonly maxBodyMiB: number;
}

/** What the Spark adapters need to know; a part of the configuration and a few things only known at run time. */
export interface SparkHttpOptions extends TlsFileNames {
  /** The master's web page, without a slash at its end; may have a path, as behind a proxy. */
  readonly masterUrl: string;
  readonly pollMs: number;
  /** Deadline of one read of the master's `/json/` or write to it; a slow master makes readings older (R5). */
  readonly masterTimeoutMs: number;
  /** Deadline of any other request. */
  readonly requestTimeoutMs: number;
  readonly driverRequestsPerSecond: number;
  readonly maxConcurrentRequests: number;
  /** Longest body that is read, after decompression. */
  readonly maxBodyMiB: number;
  /** Whether drivers are read through the master's `/proxy/` (R26). */
  readonly useProxy: 'auto' | 'always' | 'never';
  /** CIDRs in which the addresses that applications and workers name may lie. */
  readonly allowedNetworks: readonly string[];
  /** Further CIDRs, learnt from the worker pods' own addresses. */
  readonly learntNetworks: () => readonly string[];
  /** Hosts or addresses that are never asked, whatever the networks say: the API server. */
  readonly deniedAddresses: readonly string[];
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly headersFile?: string | undefined;
  readonly driverUsername?: string | undefined;
  readonly driverPasswordFile?: string | undefined;
  readonly driverTokenFile?: string | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}
