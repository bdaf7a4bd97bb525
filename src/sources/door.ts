/** Something that listens, and the setting that says where. */

export interface ListenerAddress {
  /** Undefined: every address of the pod. */
  readonly host: string | undefined;
  readonly port: number;
}

export interface Door {
  /** The variable, for errors. */
  readonly setting: string;
  readonly address: ListenerAddress;
  /** Rejects where the address cannot be listened on. */
  listen(): Promise<void>;
  /** Ends all that is open; resolves when nothing is any more. Does nothing where it never listened. */
  close(): Promise<void>;
}
