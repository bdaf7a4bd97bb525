/** Rows of the table of settings: how often, and how Spark, Kubernetes and people are talked to. */
import { duration, flag, oneOf, wholeNumber } from './kinds.ts';
import { optional, setting } from './setting.ts';
import { file, httpUrl, listenAddress, networks, objectName, secretFile, userName } from './text-kinds.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

export const CONNECTION_SETTINGS = {
  pollMs: setting({
    name: 'POLL',
    group: 'beat',
    sentence: 'Time between two passes. A pass waits for its readings for seven tenths of it, 5s at most.',
    kind: duration(SECOND_MS, MINUTE_MS, SECOND_MS),
    byDefault: '1s',
  }),
  requestTimeoutMs: setting({
    name: 'REQUEST_TIMEOUT',
    group: 'beat',
    sentence: 'Deadline of one request to a worker or a driver, and for one page of the master.',
    kind: duration(50, 59 * SECOND_MS),
    byDefault: '800ms',
  }),
  masterTimeoutMs: setting({
    name: 'MASTER_TIMEOUT',
    group: 'beat',
    sentence:
      "Deadline of one read of the master's list of workers and applications. It may outlast a pass: a slow master is " +
      'asked less often, and its readings are older, not lost.',
    kind: duration(50, 59 * SECOND_MS),
    byDefault: '10s',
  }),

  masterUrl: setting({
    name: 'MASTER_URL',
    group: 'spark',
    sentence: "Address of the Spark master's web page. It may have a path, as behind a proxy.",
    kind: httpUrl(),
    byDefault: 'http://127.0.0.1:8080',
  }),
  sparkCaFile: optional({
    name: 'SPARK_CA_FILE',
    group: 'spark',
    sentence: 'Certificates (PEM) that sign those of master, workers and drivers.',
    kind: file(),
    otherwise: 'the public authorities known to Node',
  }),
  sparkCertFile: optional({
    name: 'SPARK_CERT_FILE',
    group: 'spark',
    sentence: "The daemon's own certificate (PEM) for TLS.",
    kind: file(),
    otherwise: 'none is presented',
  }),
  sparkKeyFile: optional({
    name: 'SPARK_KEY_FILE',
    group: 'spark',
    sentence: "The private key (PEM) of the daemon's certificate.",
    kind: secretFile(),
    otherwise: 'none is used',
  }),
  sparkUsername: optional({
    name: 'SPARK_USERNAME',
    group: 'spark',
    sentence: 'User at master and workers, for basic authentication.',
    kind: userName(),
    otherwise: 'no basic authentication',
  }),
  sparkPasswordFile: optional({
    name: 'SPARK_PASSWORD_FILE',
    group: 'spark',
    sentence: 'File with the password of that user.',
    kind: secretFile(),
    otherwise: 'no basic authentication',
  }),
  sparkTokenFile: optional({
    name: 'SPARK_TOKEN_FILE',
    group: 'spark',
    sentence: "File with a bearer token for master and workers, as Spark's JWSFilter asks for.",
    kind: secretFile(),
    otherwise: 'no token is sent',
  }),
  sparkHeadersFile: optional({
    name: 'SPARK_HEADERS_FILE',
    group: 'spark',
    sentence: 'File with further headers for master and workers, one "Name: value" a line.',
    kind: secretFile(),
    otherwise: 'no further headers are sent',
  }),
  maxConcurrentRequests: setting({
    name: 'MAX_CONCURRENT_REQUESTS',
    group: 'spark',
    sentence: 'Most requests to Spark under way at the same time.',
    kind: wholeNumber('requests', 1, 256),
    byDefault: '16',
  }),
  maxBodyMiB: setting({
    name: 'MAX_BODY_MIB',
    group: 'spark',
    sentence: 'Longest answer of Spark that is read; a longer one is an error.',
    kind: wholeNumber('MiB', 1, 256),
    byDefault: '8',
  }),

  driverProxy: setting({
    name: 'DRIVER_PROXY',
    group: 'drivers',
    sentence:
      "Whether drivers are read through the master's /proxy/. It passes our credentials on to whatever address an " +
      'application named, so auto uses it only where the master offers it and no Spark credentials are set.',
    kind: oneOf('auto', 'always', 'never'),
    byDefault: 'auto',
  }),
  allowedNetworks: setting({
    name: 'ALLOWED_NETWORKS',
    group: 'drivers',
    sentence:
      'Networks in which the addresses that applications name may lie. The word private stands for 10.0.0.0/8, ' +
      "172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 and fc00::/7. Networks of the worker pods' own addresses are added.",
    kind: networks(),
    byDefault: 'private',
  }),
  driverRequestsPerSecond: setting({
    name: 'DRIVER_REQUESTS_PER_SECOND',
    group: 'drivers',
    sentence: 'Most requests to all drivers together. With more applications than that each is read less often.',
    kind: wholeNumber('requests per second', 1, 1000),
    byDefault: '50',
  }),
  driverUsername: optional({
    name: 'DRIVER_USERNAME',
    group: 'drivers',
    sentence: "User at the drivers, for basic authentication. The master's is never sent there.",
    kind: userName(),
    otherwise: 'no basic authentication',
  }),
  driverPasswordFile: optional({
    name: 'DRIVER_PASSWORD_FILE',
    group: 'drivers',
    sentence: 'File with the password of that user.',
    kind: secretFile(),
    otherwise: 'no basic authentication',
  }),
  driverTokenFile: optional({
    name: 'DRIVER_TOKEN_FILE',
    group: 'drivers',
    sentence: "File with a bearer token for the drivers. The master's is never sent there.",
    kind: secretFile(),
    otherwise: 'no token is sent',
  }),

  kubeconfig: optional({
    name: 'KUBECONFIG',
    group: 'kubernetes',
    sentence: 'A kubeconfig file, for running outside a pod.',
    kind: file(),
    otherwise: "KUBECONFIG, then the pod's service account",
  }),
  kubeTimeoutMs: setting({
    name: 'KUBE_TIMEOUT',
    group: 'kubernetes',
    sentence: 'Deadline of one call to the API server.',
    kind: duration(500, MINUTE_MS),
    byDefault: '5s',
  }),
  targetPeriodMs: setting({
    name: 'TARGET_PERIOD',
    group: 'kubernetes',
    sentence:
      'Time between two looks at the count; never shorter than a poll. Before and after a write it is read afresh.',
    kind: duration(SECOND_MS, 5 * MINUTE_MS),
    byDefault: '2s',
  }),
  podsPeriodMs: setting({
    name: 'PODS_PERIOD',
    group: 'kubernetes',
    sentence:
      'Time between two lists of the worker pods; never shorter than a poll. While workers are on their way out they are ' +
      'listed with every poll; before a write that removes they are listed afresh, and before one that adds where workers ' +
      'have registered since.',
    kind: duration(SECOND_MS, 5 * MINUTE_MS),
    byDefault: '5s',
  }),
  configPeriodMs: setting({
    name: 'CONFIG_PERIOD',
    group: 'kubernetes',
    sentence:
      "Time between two looks at the cluster's ConfigMap; never shorter than a poll. By default the flag takes effect with the next pass.",
    kind: duration(SECOND_MS, 5 * MINUTE_MS),
    byDefault: '1s',
  }),
  leaseName: optional({
    name: 'LEASE',
    group: 'kubernetes',
    sentence: 'Name of the Lease that lets one daemon act at a time and keeps what it remembers.',
    kind: objectName('Lease'),
    otherwise: 'elastic-worker-<cluster>, else elastic-worker-<target>, else elastic-worker',
  }),
  leaseDurationMs: setting({
    name: 'LEASE_DURATION',
    group: 'kubernetes',
    sentence:
      'How long a daemon that went silent is waited for. It stops writing a third of this before another may begin.',
    kind: duration(6 * SECOND_MS, 10 * MINUTE_MS, SECOND_MS),
    byDefault: '15s',
  }),
  events: setting({
    name: 'EVENTS',
    group: 'kubernetes',
    sentence: 'Writes Kubernetes Events about changes of the count.',
    kind: flag(),
    byDefault: 'true',
  }),

  listen: setting({
    name: 'LISTEN',
    group: 'report',
    sentence:
      "Where health, status and metrics are served. The kubelet's probes come to the pod's own address, so the loopback " +
      'address alone would fail them.',
    kind: listenAddress(),
    byDefault: ':9404',
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    group: 'report',
    sentence: 'The least important kind of line that is logged.',
    kind: oneOf('error', 'warn', 'info', 'debug'),
    byDefault: 'info',
  }),
  logFormat: setting({
    name: 'LOG_FORMAT',
    group: 'report',
    sentence: 'How lines are written; auto is text on a terminal and JSON elsewhere.',
    kind: oneOf('auto', 'json', 'text'),
    byDefault: 'auto',
  }),
};
