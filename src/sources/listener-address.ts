/** Where a listener listens. */
export interface ListenerAddress {
  /** Undefined: every address of the pod. */
  readonly host: string | undefined;
  readonly port: number;
}
