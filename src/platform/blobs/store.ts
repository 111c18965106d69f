import type { Readable } from "node:stream";

/** Files by their SHA-256: evidence, mail, samples, captures. Written once, never changed. */
export interface BlobStore {
  /** Stores the stream durably (fsync) and answers its lower-case hex SHA-256 and length in bytes. */
  put(content: Readable | Uint8Array): Promise<{ sha256: string; size: number }>;
  /** Throws Problem `http.not-found` where there is none. */
  open(sha256: string): Promise<Readable>;
  has(sha256: string): Promise<boolean>;
}
