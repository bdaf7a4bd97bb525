/** Failures as adapters return them, and promises that tests open by hand. */
import { err, type OperatingError, type OperatingErrorKind } from '../../../src/core/result.ts';

export function failure(kind: OperatingErrorKind, more: Partial<OperatingError> = {}): OperatingError {
  return { kind, what: 'the test', detail: `made ${kind}`, ...more };
}

export function failed(
  kind: OperatingErrorKind,
  more: Partial<OperatingError> = {},
): ReturnType<typeof err<OperatingError>> {
  return err(failure(kind, more));
}

export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    opened: promise,
    open: () => {
      resolve(undefined);
    },
  };
}

/** Lets everything run that can run without time passing: `setImmediate` comes after all promises that are settled. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export const never = new AbortController().signal;
