/** Amounts as Kubernetes and Spark write them. */

const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const SPARK_EXPONENT: Readonly<Record<string, number>> = {
  b: 0,
  k: 1,
  kb: 1,
  m: 2,
  mb: 2,
  g: 3,
  gb: 3,
  t: 4,
  tb: 4,
  p: 5,
  pb: 5,
};
const BYTES_PER_MIB = 1024 * 1024;

/** The value of a Kubernetes quantity ("500m", "8Gi", "1.5", "1e3"), in its base unit; undefined if it is none or negative. */
export function parseQuantity(text: string): number | undefined {
  const match = /^\+?(\d+\.?\d*|\.\d+)(?:([eE][-+]?\d+)|([KMGTPE]i|[numkMGTPE]))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, digits, exponent = '', suffix = ''] = match;
  const power = BINARY.indexOf(suffix);
  const scale = power >= 0 ? 1024 ** (power + 1) : DECIMAL[suffix];
  return scale === undefined ? undefined : Number(`${digits ?? ''}${exponent}`) * scale;
}

/**
 * A memory size as Spark's worker reads it ("1g", "512m"), in MiB, rounded down; undefined where Spark would refuse it.
 * A bare number is bytes.
 */
export function parseSparkMemoryMiB(text: string): number | undefined {
  const match = /^(\d+)([a-z]*)$/.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const exponent = SPARK_EXPONENT[match[2] === '' ? 'b' : (match[2] ?? '')];
  return exponent === undefined ? undefined : Math.floor((Number(match[1]) * 1024 ** exponent) / BYTES_PER_MIB);
}
