import type { LibraryIndicator } from "../../intel/index.ts";
import type { IndicatorBuilder } from "./build.ts";
import type { IndicatorKind } from "./image.ts";
import { levelOf } from "./level.ts";

type PlainType = LibraryIndicator["values"][number]["type"];

const KINDS: Readonly<Record<PlainType, IndicatorKind>> = {
  ipv4: "ip",
  ipv6: "ip",
  domain: "domain",
  url: "url",
  email: "email",
  md5: "hash",
  sha1: "hash",
  sha256: "hash",
};

/** Name of the group of what the library gives. */
export const LIBRARY = "library";

/** The current version of each indicator of the library, kept by the thread that builds. */
export class Holdings {
  readonly #current = new Map<string, LibraryIndicator>();

  get size(): number {
    return this.#current.size;
  }

  clear(): void {
    this.#current.clear();
  }

  /**
   * Takes versions in any order; says whether anything is other than before. Of two documents of one version the first
   * stands, as in the library, which flags the other.
   */
  take(versions: readonly LibraryIndicator[]): boolean {
    let changed = false;
    for (const version of versions) {
      const held = this.#current.get(version.key);
      const newer =
        held === undefined ||
        version.versionKey > held.versionKey ||
        (version.versionKey === held.versionKey && version.seq < held.seq);
      if (!newer) continue;
      // One that is revoked stays, so that an older version which comes later does not bring it back.
      this.#current.set(version.key, version);
      changed ||= (held?.values.length ?? 0) > 0 || version.values.length > 0;
    }
    return changed;
  }

  /** Adds what is valid at `now` (milliseconds) to an image. */
  addTo(builder: IndicatorBuilder, now: number): void {
    for (const indicator of this.#current.values()) {
      const { values, types, confidence, validFrom, validUntil, id, name, orgId, tlp, audience } = indicator;
      if (types.includes("benign") && types.length === 1) continue;
      if ((validFrom !== undefined && validFrom > now) || (validUntil !== undefined && validUntil <= now))
        continue;
      const until = validUntil === undefined ? undefined : validUntil / 1000;
      for (const { type, value } of values) {
        const level = levelOf(KINDS[type], { confidence, types });
        const group = builder.group({ source: LIBRARY, orgId, tlp, audience, level });
        builder.add(KINDS[type], value, group, { id, name, until });
      }
    }
  }
}
