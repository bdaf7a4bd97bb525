/** A UDP listener. Node takes a few datagrams at a time, so that a flood of them does not keep the passes waiting. */
import { createSocket, type Socket, type SocketType } from 'node:dgram';
import type { Door, ListenerAddress } from './door.ts';

export interface UdpListenerOptions {
  readonly setting: string;
  readonly address: ListenerAddress;
  /** Takes one datagram. Throws only for bugs. */
  readonly onMessage: (message: Buffer) => void;
}

/** What waits in the kernel while a pass runs; Linux takes less where `net.core.rmem_max` says so. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

export class UdpListener implements Door {
  readonly setting: string;
  readonly address: ListenerAddress;
  readonly #options: UdpListenerOptions;
  #socket: Socket | undefined;
  #received = 0;

  constructor(options: UdpListenerOptions) {
    this.#options = options;
    this.setting = options.setting;
    this.address = options.address;
  }

  async listen(): Promise<void> {
    const { host } = this.address;
    if (host !== undefined) {
      this.#socket = await this.#bound(host.includes(':') ? 'udp6' : 'udp4');
      return;
    }
    try {
      this.#socket = await this.#bound('udp6');
    } catch (cause) {
      // Some pods have no IPv6 at all.
      if (!isNoSuchFamily(cause)) throw cause;
      this.#socket = await this.#bound('udp4');
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** Datagrams since the start. */
  get received(): number {
    return this.#received;
  }

  async #bound(type: SocketType): Promise<Socket> {
    const { host, port } = this.address;
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    socket.on('message', (message) => {
      this.#received += 1;
      this.#options.onMessage(message);
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ port, ...(host !== undefined && { address: host }), exclusive: true }, resolve);
      });
    } catch (cause) {
      socket.close();
      throw cause;
    }
    socket.removeAllListeners('error');
    // A datagram that could not be taken is one that was lost.
    socket.on('error', () => undefined);
    return socket;
  }
}

function isNoSuchFamily(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EAFNOSUPPORT' || cause.code === 'EADDRNOTAVAIL');
}
