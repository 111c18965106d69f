/** A timestamp in UTC with six digits of the second, as TAXII 2.1 section 2 writes it. */
export function microseconds(timestamp: string): string {
  const [whole = "", fraction = ""] = timestamp.slice(0, -1).split(".");
  return `${whole}.${fraction.padEnd(6, "0").slice(0, 6)}Z`;
}
