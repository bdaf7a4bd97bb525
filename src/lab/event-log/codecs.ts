/**
 * Unpacks what Spark's codecs have packed, as a stream. The codec is told by the first bytes: a name may have lost its
 * ending, or have ".inprogress" behind it (spark.md 13.1).
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { decompressLz4Raw, decompressSnappy } from 'hyparquet-compressors';
import { ByteQueue } from './byte-queue.ts';

/** What was packed cannot be unpacked further; what came before is sound. */
export class DamagedError extends Error {}

/** What was packed is not what any of these codecs makes. */
export class UnknownCodecError extends Error {}

const LZ4_MAGIC = Buffer.from('LZ4Block');
/** snappy-java: 0x82 "SNAPPY" 0x00, then two versions of 4 bytes. */
const SNAPPY_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const LZ4_FRAME_MAGIC = Buffer.from([0x04, 0x22, 0x4d, 0x18]);
const LZF_MAGIC = Buffer.from('ZV');
const MAGIC_BYTES = 8;

/**
 * The plain bytes. Throws {@link DamagedError} where the input breaks off or makes no sense any more, after all that
 * could be unpacked, and {@link UnknownCodecError} for what Spark never writes or nobody uses (lzf).
 */
export async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const queue = new ByteQueue(chunks);
  const start = Buffer.from(await queue.peek(MAGIC_BYTES));
  const isMade = (magic: Buffer): boolean => start.subarray(0, magic.length).equals(magic);
  if (isMade(GZIP_MAGIC)) yield* gunzipped(queue);
  else if (isMade(ZSTD_MAGIC)) yield* zstdUnpacked(queue);
  else if (isMade(LZ4_MAGIC)) yield* lz4Unpacked(queue);
  else if (isMade(SNAPPY_MAGIC)) yield* snappyUnpacked(queue);
  else if (isMade(LZ4_FRAME_MAGIC)) {
    throw new UnknownCodecError(
      'packed with the lz4 program, which is not how Spark packs: unpack it with that program',
    );
  } else if (isMade(LZF_MAGIC)) {
    throw new UnknownCodecError(
      'packed with lzf: unpack it first, or let Spark write zstd (spark.eventLog.compression.codec)',
    );
  } else yield* queue.rest();
}

async function* gunzipped(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  const plain = Readable.from(queue.rest()).pipe(createGunzip());
  try {
    for await (const chunk of plain) yield chunk as Uint8Array;
  } catch (error) {
    throw new DamagedError(`gzip: ${messageOf(error)}`);
  }
}

/**
 * By fzstd, not by node:zlib: Spark ends a frame at each flush, and Node 24's decoder stops after the first frame that
 * ends inside a chunk.
 */
async function* zstdUnpacked(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => {
    ready.push(chunk);
  });
  const push = (chunk: Uint8Array, last: boolean): DamagedError | undefined => {
    try {
      decoder.push(chunk, last);
      return undefined;
    } catch (error) {
      return new DamagedError(`zstd: ${messageOf(error)}`);
    }
  };
  const drain = (): Uint8Array[] => {
    const drained = ready;
    ready = [];
    return drained;
  };
  for await (const chunk of queue.rest()) {
    const damage = push(chunk, false);
    yield* drain();
    if (damage !== undefined) throw damage;
  }
  const damage = push(new Uint8Array(), true);
  yield* drain();
  if (damage !== undefined) throw damage;
}

const LZ4_HEADER_BYTES = 21;
const LZ4_RAW = 0x10;
const LZ4_PACKED = 0x20;

/**
 * LZ4Block of lz4-java: "LZ4Block", a token (method, and 2^(10 + low half) as the largest block), packed length, plain
 * length, checksum, each 4 bytes little-endian, and the block. Plain length 0 ends a stream; the next may follow. The
 * checksum is left alone: a wrong byte shows as a line that is no JSON.
 */
async function* lz4Unpacked(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  for (;;) {
    const header = Buffer.from(await queue.take(LZ4_HEADER_BYTES));
    if (header.length === 0) return;
    if (header.length < LZ4_HEADER_BYTES) throw new DamagedError('lz4: it breaks off in a header');
    const token = header.readUInt8(8);
    const method = token & 0xf0;
    const packedLength = header.readUInt32LE(9);
    const plainLength = header.readUInt32LE(13);
    const largest = 2 ** (10 + (token & 0x0f));
    const sound = header.subarray(0, 8).equals(LZ4_MAGIC) && (method === LZ4_RAW || method === LZ4_PACKED);
    if (!sound || plainLength > largest || packedLength > largest)
      throw new DamagedError('lz4: a header makes no sense');
    if (plainLength === 0) continue;
    const packed = await queue.take(packedLength);
    if (packed.length < packedLength) throw new DamagedError('lz4: it breaks off in a block');
    yield method === LZ4_RAW ? packed : block('lz4', () => decompressLz4Raw(packed, plainLength));
  }
}

const SNAPPY_HEADER_BYTES = 16;
/** Blocks are 32 KiB by default (`spark.io.compression.snappy.blockSize`). */
const SNAPPY_LARGEST = 64 * 1024 ** 2;

/** snappy-java: a header of 16 bytes (again where a stream was added), then blocks, each with its length before it. */
async function* snappyUnpacked(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  for (;;) {
    const start = Buffer.from(await queue.peek(MAGIC_BYTES));
    if (start.length === 0) return;
    if (start.equals(SNAPPY_MAGIC)) {
      await queue.take(SNAPPY_HEADER_BYTES);
      continue;
    }
    const length = Buffer.from(await queue.take(4));
    const packedLength = length.length < 4 ? 0 : length.readUInt32BE(0);
    if (packedLength === 0 || packedLength > SNAPPY_LARGEST) throw new DamagedError('snappy: a length makes no sense');
    const packed = await queue.take(packedLength);
    if (packed.length < packedLength) throw new DamagedError('snappy: it breaks off in a block');
    yield block('snappy', () => decompressSnappy(packed, plainLengthOf(packed)));
  }
}

/** A snappy block begins with its plain length, seven bits a byte, the lowest first. */
function plainLengthOf(packed: Uint8Array): number {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = packed[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  if (length > SNAPPY_LARGEST) throw new RangeError(`a block of ${length} bytes`);
  return length;
}

function block(codec: string, unpack: () => Uint8Array): Uint8Array {
  try {
    return unpack();
  } catch (error) {
    throw new DamagedError(`${codec}: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
