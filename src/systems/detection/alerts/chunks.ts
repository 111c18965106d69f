/** Rows of one statement, which may have 65,535 parameters. */
const CHUNK = 3_000;

/** So many rows as one statement takes. */
export function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, at) =>
    all.slice(at * CHUNK, (at + 1) * CHUNK),
  );
}
