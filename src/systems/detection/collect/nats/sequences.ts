import type { BlockMeta } from "../spool-format.ts";

/**
 * Messages of streams that are in the spool and whose acknowledgement the server has not confirmed: one of them that is
 * delivered again is acknowledged and not taken twice. The spool itself keeps it over a restart.
 */
export class Unconfirmed {
  readonly #streams = new Map<string, { sequences: Set<number>; sample: BlockMeta }>();

  /** The block is in the spool. */
  add(meta: BlockMeta): void {
    const { origin } = meta;
    if (origin === undefined) return;
    const known = this.#streams.get(origin.stream) ?? { sequences: new Set(), sample: meta };
    for (const sequence of origin.sequences) known.sequences.add(sequence);
    this.#streams.set(origin.stream, known);
  }

  has(stream: string, sequence: number): boolean {
    return this.#streams.get(stream)?.sequences.has(sequence) ?? false;
  }

  /** The server knows that it need not deliver these again. */
  confirm(stream: string, sequences: readonly number[]): void {
    const known = this.#streams.get(stream)?.sequences;
    for (const sequence of sequences) known?.delete(sequence);
    if (known?.size === 0) this.#streams.delete(stream);
  }

  /** Everything up to there is acknowledged. */
  confirmUpTo(stream: string, floor: number): void {
    const known = this.#streams.get(stream)?.sequences ?? [];
    this.confirm(
      stream,
      [...known].filter((sequence) => sequence <= floor),
    );
  }

  /** What a new segment of the spool must say at its head. */
  checkpoint(): BlockMeta[] {
    return [...this.#streams].map(([stream, { sequences, sample }]) => ({
      ...sample,
      lines: 0,
      origin: { stream, sequences: [...sequences] },
    }));
  }
}
