/** The parts of a pod's text that we look at. The client's own models fit these. */

export interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly resourceFieldRef?: {
      readonly containerName?: string;
      readonly divisor?: string;
      readonly resource: string;
    };
    /** Known to be there, never read. */
    readonly configMapKeyRef?: object;
  };
}

export interface ContainerText {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly EnvEntry[];
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>;
    readonly requests?: Readonly<Record<string, string>>;
  };
}

export interface PodText {
  readonly spec?: {
    readonly initContainers?: readonly ContainerText[];
    readonly containers: readonly ContainerText[];
  };
}
