/** One day of one table. `partition` is `20261123`. */
export interface PartitionSize {
  readonly table: string;
  readonly partition: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Days that must go: those more than `days` before `today` (ISO date or instant, UTC), then the oldest ones while the
 * rest exceeds `bytes`. Today's stay even when they alone exceed it, since what was just acknowledged is kept.
 */
export function partitionsToDrop(
  partitions: readonly PartitionSize[],
  limits: { readonly days: number; readonly bytes: number; readonly today: string },
): { table: string; partition: string }[] {
  const today = dayOf(limits.today, 0);
  const firstKept = dayOf(limits.today, limits.days);
  let total = partitions.reduce((sum, each) => sum + each.bytes, 0);
  const byAge = [...partitions].sort(
    (a, b) => compare(a.partition, b.partition) || compare(a.table, b.table),
  );
  const gone: { table: string; partition: string }[] = [];
  for (const { table, partition, bytes } of byAge) {
    const tooOld = partition < firstKept;
    const tooMuch = total > limits.bytes && partition < today;
    if (!tooOld && !tooMuch) continue;
    gone.push({ table, partition });
    total -= bytes;
  }
  return gone;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function dayOf(today: string, daysBefore: number): string {
  const instant = new Date(`${today.slice(0, 10)}T00:00:00.000Z`);
  instant.setUTCDate(instant.getUTCDate() - daysBefore);
  return instant.toISOString().slice(0, 10).replaceAll("-", "");
}
