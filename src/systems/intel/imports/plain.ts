/** What the stores take: no NUL and no lone surrogate. */
export function plainFaults(faults: readonly { path: string; message: string }[]) {
  const plain = (text: string) => text.slice(0, 1000).toWellFormed().replaceAll("\0", "");
  return faults.map(({ path, message }) => ({ path: plain(path), message: plain(message) }));
}
