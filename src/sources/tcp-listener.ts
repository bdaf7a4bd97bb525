/**
 * A TCP listener that takes abuse: a bounded number of connections, each of which has to send something now and then, and
 * to end a line it has begun. Nothing is ever written to them.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Door, ListenerAddress } from './door.ts';
import type { Turns } from './turns.ts';

/** One connection's protocol. */
export interface Conversation {
  /** @returns whether something became whole with it. */
  write(chunk: Buffer): boolean;
  /** The other side has ended. */
  end(): void;
  /** Whether something has begun that is not whole yet. */
  readonly isInLine: boolean;
}

export interface TcpListenerOptions {
  readonly setting: string;
  readonly address: ListenerAddress;
  readonly turns: Turns;
  readonly maxConnections: number;
  /** A connection that has sent nothing for so long is ended. */
  readonly idleMs: number;
  /** How often connections are looked at; a second unless told otherwise. */
  readonly sweepMs?: number;
  readonly nowMs: () => number;
  /** Begins a conversation on a new connection. Throws only for bugs. */
  readonly converse: () => Conversation;
}

export interface ConnectionCounts {
  readonly open: number;
  readonly accepted: number;
  /** Ended by us: nothing came for too long, */
  readonly endedIdle: number;
  /** a line was not ended in time, */
  readonly endedSlow: number;
  /** too many were open. */
  readonly endedForRoom: number;
}

interface Connection {
  readonly socket: Socket;
  readonly conversation: Conversation;
  heardAtMs: number;
  /** Since when a line has been waited for that has begun; undefined while none has. */
  inLineSinceMs: number | undefined;
}

/** A line that takes longer was begun by somebody who wants to hold the place. */
const LINE_WITHIN_MS = 10_000;
const SWEEP_MS = 1_000;
/** One that was heard so recently is not ended for the sake of a newcomer. */
const BUSY_MS = 1_000;

export class TcpListener implements Door {
  readonly setting: string;
  readonly address: ListenerAddress;
  readonly #options: TcpListenerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #counts = { accepted: 0, endedIdle: 0, endedSlow: 0, endedForRoom: 0 };
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
    this.setting = options.setting;
    this.address = options.address;
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...this.address, exclusive: true }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // Out of file descriptors, for example: those that are open go on.
    this.#server.on('error', () => undefined);
    this.#sweeper = setInterval(() => {
      this.#sweep();
    }, this.#options.sweepMs ?? SWEEP_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#options.turns.stop();
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.#connections) socket.destroy();
    await closed;
  }

  counts(): ConnectionCounts {
    return { ...this.#counts, open: this.#connections.size };
  }

  #accept(socket: Socket): void {
    const nowMs = this.#options.nowMs();
    if (this.#connections.size >= this.#options.maxConnections && !this.#makeRoom(nowMs)) {
      this.#counts.endedForRoom += 1;
      socket.destroy();
      return;
    }
    this.#counts.accepted += 1;
    const conversation = this.#options.converse();
    const connection: Connection = { socket, conversation, heardAtMs: nowMs, inLineSinceMs: undefined };
    this.#connections.add(connection);
    // A connection that broke is one that ended.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#options.turns.take(socket, () => {
        this.#hear(connection, chunk);
      });
    });
    socket.once('end', () => {
      conversation.end();
    });
    socket.once('close', () => {
      this.#connections.delete(connection);
      this.#options.turns.forget(socket);
    });
  }

  #hear(connection: Connection, chunk: Buffer): void {
    const nowMs = this.#options.nowMs();
    const moved = connection.conversation.write(chunk);
    const sinceMs = moved ? nowMs : (connection.inLineSinceMs ?? nowMs);
    connection.heardAtMs = nowMs;
    connection.inLineSinceMs = connection.conversation.isInLine ? sinceMs : undefined;
  }

  /** Ends the connection that has been silent longest, unless all are busy. */
  #makeRoom(nowMs: number): boolean {
    let idlest: Connection | undefined;
    for (const one of this.#connections) if (idlest === undefined || one.heardAtMs < idlest.heardAtMs) idlest = one;
    if (idlest === undefined || nowMs - idlest.heardAtMs < BUSY_MS) return false;
    this.#counts.endedForRoom += 1;
    this.#end(idlest);
    return true;
  }

  #sweep(): void {
    const nowMs = this.#options.nowMs();
    for (const connection of this.#connections) {
      const { heardAtMs, inLineSinceMs = Infinity } = connection;
      // One that rests for the others' sake cannot be heard.
      if (connection.socket.isPaused()) continue;
      if (nowMs - heardAtMs > this.#options.idleMs) this.#counts.endedIdle += 1;
      else if (nowMs - inLineSinceMs > LINE_WITHIN_MS) this.#counts.endedSlow += 1;
      else continue;
      this.#end(connection);
    }
  }

  #end(connection: Connection): void {
    this.#connections.delete(connection);
    connection.socket.destroy();
  }
}
