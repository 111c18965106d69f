/** A field of a record, and a reader of its own: a key that is written out costs half of one out of a list. */
interface Field {
  readonly name: string;
  read(record: Readonly<Record<string, unknown>>): unknown;
}

/**
 * Where indicators of each kind are looked for: the one table. An address in a field of names is looked up as an
 * address, too; of a URL also the host, where no other field has named it.
 */
export const FIELDS = {
  ip: [
    { name: "destination.ip", read: (record) => record["destination.ip"] },
    { name: "source.ip", read: (record) => record["source.ip"] },
    { name: "server.ip", read: (record) => record["server.ip"] },
    { name: "client.ip", read: (record) => record["client.ip"] },
    { name: "destination.nat.ip", read: (record) => record["destination.nat.ip"] },
    { name: "source.nat.ip", read: (record) => record["source.nat.ip"] },
    { name: "dns.resolved_ip", read: (record) => record["dns.resolved_ip"] },
  ],
  domain: [
    { name: "dns.question.name", read: (record) => record["dns.question.name"] },
    { name: "url.domain", read: (record) => record["url.domain"] },
    { name: "destination.domain", read: (record) => record["destination.domain"] },
    { name: "source.domain", read: (record) => record["source.domain"] },
    { name: "tls.client.server_name", read: (record) => record["tls.client.server_name"] },
    { name: "dns.answers.data", read: (record) => record["dns.answers.data"] },
  ],
  url: [
    { name: "url.full", read: (record) => record["url.full"] },
    { name: "url.original", read: (record) => record["url.original"] },
  ],
  hash: [
    { name: "file.hash.sha256", read: (record) => record["file.hash.sha256"] },
    { name: "file.hash.sha1", read: (record) => record["file.hash.sha1"] },
    { name: "file.hash.md5", read: (record) => record["file.hash.md5"] },
    { name: "process.hash.sha256", read: (record) => record["process.hash.sha256"] },
    { name: "process.hash.sha1", read: (record) => record["process.hash.sha1"] },
    { name: "process.hash.md5", read: (record) => record["process.hash.md5"] },
  ],
  email: [
    { name: "email.from.address", read: (record) => record["email.from.address"] },
    { name: "email.sender.address", read: (record) => record["email.sender.address"] },
    { name: "email.reply_to.address", read: (record) => record["email.reply_to.address"] },
    { name: "email.to.address", read: (record) => record["email.to.address"] },
  ],
} as const satisfies Readonly<Record<string, readonly Field[]>>;
