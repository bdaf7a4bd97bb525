/** A UDP listener. Node takes a few datagrams at a time, so that a flood of them does not keep the passes waiting. */
import { createSocket, type Socket } from 'node:dgram';
import type { ListenerAddress } from './listener-address.ts';

export interface UdpListenerOptions extends ListenerAddress {
  readonly onMessage: (message: Buffer) => void;
}

/** What waits in the kernel while a pass runs; Linux takes less where `net.core.rmem_max` says so. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

export class UdpListener {
  readonly #options: UdpListenerOptions;
  #socket: Socket | undefined;
  #packets = 0;

  constructor(options: UdpListenerOptions) {
    this.#options = options;
  }

  /** Rejects where the address cannot be listened on. */
  async listen(): Promise<void> {
    const { host, port, onMessage } = this.#options;
    const type = host === undefined || host.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    this.#socket = socket;
    socket.on('message', (message) => {
      this.#packets += 1;
      onMessage(message);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, ...(host !== undefined && { address: host }), exclusive: true }, () => {
        socket.off('error', reject);
        socket.on('error', () => undefined);
        resolve();
      });
    });
  }

  /** Resolves when it is closed. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  get packets(): number {
    return this.#packets;
  }

  /** The port in use, also where 0 was asked for; undefined while it does not listen. */
  get port(): number | undefined {
    return this.#socket?.address().port;
  }
}
