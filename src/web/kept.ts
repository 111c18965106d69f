/** What this device keeps: choices and drafts. A full or forbidden storage loses them quietly, never the page. */
export const kept = {
  read(name: string): string | undefined {
    try {
      return localStorage.getItem(`lianfang.${name}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  write(name: string, value: string): void {
    try {
      localStorage.setItem(`lianfang.${name}`, value);
    } catch {
      // The draft lives on in memory.
    }
  },
  drop(name: string): void {
    try {
      localStorage.removeItem(`lianfang.${name}`);
    } catch {
      // Nothing was kept.
    }
  },
  /** The JSON value kept under a name; undefined when there is none or it cannot be read. */
  readJson(name: string): unknown {
    const text = kept.read(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  },
  writeJson(name: string, value: unknown): void {
    kept.write(name, JSON.stringify(value));
  },
};
