/** How figures are shown. */

/** Rounded to so many digits after the point. */
export function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
