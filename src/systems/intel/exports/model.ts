import { z } from "zod";

/** Forms in which a selection leaves: documents, a table, and what devices read (mission I9). */
export const EXPORT_FORMATS = ["stix", "csv", "blocklist", "suricata", "zeek", "rpz", "sigma"] as const;
export const ExportFormat = z.enum(EXPORT_FORMATS);
export type ExportFormat = z.infer<typeof ExportFormat>;
/** Those that devices read. */
export const DEVICE_FORMATS = ["blocklist", "suricata", "zeek", "rpz", "sigma"] as const;
export type DeviceFormat = (typeof DEVICE_FORMATS)[number];
/** Whether a domain stands for just this name or for every name below it, too. */
export const DOMAIN_REACHES = ["exact", "below"] as const;
export const DomainReach = z.enum(DOMAIN_REACHES);
export type DomainReach = z.infer<typeof DomainReach>;

/** What an export holds and what it leaves out. `objects` match; of a form that devices read `values` are written. */
export const ExportCounts = z.object({
  objects: z.number().int(),
  values: z.number().int(),
  /** Values that a warninglist knows. */
  warned: z.number().int(),
  revoked: z.number().int(),
  expired: z.number().int(),
  /** Objects without a value that the form takes. */
  other: z.number().int(),
  /** Objects that the filters by marking and by score took out; counted up to the most that is exported. */
  tlp: z.number().int(),
  score: z.number().int(),
});
export type ExportCounts = z.infer<typeof ExportCounts>;

/** Objects of one export, the newest of what matches. */
export const MOST_EXPORTED = 50_000;
