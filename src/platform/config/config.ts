import { z } from "zod";
import { EncodingName, MessageEncodingName } from "../../core/encoding.ts";
import { SECTORS } from "../../core/org.ts";
import { TimeZoneName } from "../../core/time-zone.ts";

const bytes = (fallback: number) => z.number().int().positive().default(fallback);
const port = z.number().int().min(0).max(65_535);
const listener = z.strictObject({
  host: z
    .string()
    .default("127.0.0.1")
    .describe("Address to bind; anything but loopback is a public address"),
  port: port.describe("Port to bind, such as 5514; below 1024 needs the right to"),
  plaintext: z
    .literal(true)
    .optional()
    .describe("Required to bind a public address: syslog here is not encrypted"),
});

const silentAfterMinutes = z
  .number()
  .int()
  .min(0)
  .max(43_200)
  .optional()
  .describe(
    "Minutes without a line after which an alert is raised; 0 never; learnt from its own rhythm when absent",
  );

const encodingText =
  "Character encoding of its lines by a label of the Encoding Standard, such as big5; UTF-8 when absent";
const timeZone = TimeZoneName.describe("IANA name of the zone of times that say none, as those of RFC 3164");

const tlsListener = z.strictObject({
  host: z.string().default("127.0.0.1").describe("Address to bind"),
  port: port.describe("Port to bind; 6514 is the one registered for it"),
  cert: z.string().describe("PEM file of the certificate and its chain; read again when it changes"),
  key: z.string().describe("PEM file of the certificate's key; read again when it changes"),
  ca: z.string().optional().describe("PEM file of the authorities that sign senders' certificates"),
  crl: z.string().optional().describe("PEM file of the authorities' revocation lists"),
  clientCertificate: z
    .enum(["required", "optional"])
    .default("required")
    .describe("optional takes a sender without a certificate when its address names a source"),
});

/** Where records of one sender belong: syslog names no organisation by itself. */
const Source = z.strictObject({
  name: z.string().min(1).max(80).describe("Name of the source in the console and in the records"),
  address: z.string().min(2).optional().describe("IPv4 or IPv6 address or prefix, 10.1.0.0/16"),
  certificate: z
    .strictObject({
      name: z
        .string()
        .min(1)
        .optional()
        .describe(
          "Common name or alternative name of a certificate signed by ingest.tls.ca; *.example stands for one label",
        ),
      sha256: z
        .string()
        .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, "64 hexadecimal digits, with colons or without")
        .optional()
        .describe("Fingerprint of the certificate itself; such a one needs no authority"),
    })
    .optional()
    .describe("The certificate that the sender shows over TLS; with an address, both must fit"),
  org: z.string().min(1).describe("Organisation id or its short name"),
  parser: z.string().default("auto").describe("Parser id, or auto"),
  timeZone,
  encoding: MessageEncodingName.describe(encodingText),
  silentAfterMinutes,
});

/** A list of indicators kept as a file, such as a public blocklist. */
const IndicatorList = z.strictObject({
  name: z.string().min(1).max(80).describe("Name of the list in alerts and figures"),
  path: z
    .string()
    .min(1)
    .describe("File of one indicator a line (.gz too), or a folder of such files; read again when changed"),
  kind: z
    .enum(["auto", "ip", "domain", "url", "hash", "email"])
    .default("auto")
    .describe("What the lines are; ip also takes prefixes, auto looks at each line"),
  marking: z
    .enum(["clear", "green", "amber", "amber+strict"])
    .default("clear")
    .describe("TLP 2.0; members hear of clear and green, alerts of the others stay with the centre"),
  level: z
    .enum(["informational", "low", "medium", "high", "critical"])
    .optional()
    .describe("Level of its alerts; high unless told, medium for addresses"),
});

const WatchedFiles = z.strictObject({
  name: z.string().min(1).max(80).describe("Name of the source in the console and in the records"),
  path: z
    .string()
    .min(1)
    .describe(
      "A file, a folder (every file in it), or a name with * and ? in its last part; .gz is unpacked",
    ),
  org: z.string().min(1).describe("Organisation id or its short name"),
  parser: z.string().default("auto").describe("Parser id, or auto"),
  timeZone,
  encoding: EncodingName.describe(
    `${encodingText}; a byte order mark at the beginning of a file goes before it`,
  ),
  silentAfterMinutes,
});

const Nats = z.strictObject({
  servers: z.array(z.string().min(1)).min(1).describe("Addresses, nats://host:4222 or tls://host:4222"),
  stream: z.string().min(1).describe("Name of the JetStream stream; it must exist"),
  durable: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, "letters, digits, - and _")
    .default("lianfang")
    .describe("Durable consumers are named after it; another for each node that reads the same stream"),
  credentials: z.string().optional().describe("File of credentials (.creds) of the NATS account"),
  user: z.string().optional().describe("User name, where the server knows no accounts"),
  password: z.string().optional().describe("Password of that user"),
  tls: z
    .strictObject({
      ca: z.string().optional().describe("PEM file of the authorities that sign the servers' certificates"),
      cert: z.string().optional().describe("PEM file of the node's own certificate"),
      key: z.string().optional().describe("PEM file of that certificate's key"),
    })
    .optional()
    .describe("TLS to the servers; with their system's authorities when ca is absent"),
  inFlight: bytes(10_000).describe("Most messages taken and not acknowledged yet, for each subject"),
  subjects: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(80).describe("Name of the source in the console and in the records"),
        subject: z.string().min(1).describe("Subject of the stream, logs.north.>; no two may overlap"),
        org: z.string().min(1).describe("Organisation id or its short name"),
        parser: z.string().default("auto").describe("Parser id, or auto"),
        timeZone,
        encoding: MessageEncodingName.describe(encodingText),
        silentAfterMinutes,
      }),
    )
    .min(1)
    .describe("Whose lines come under which subject"),
});

/** The whole configuration of a node; docs/configuration.md is generated from these descriptions. */
export const Config = z.strictObject({
  node: z
    .strictObject({
      name: z.string().min(1).max(80).default("lianfang").describe("Name shown in the console and in mails"),
      tier: z
        .enum(["member", "W", "E", "C", "N"])
        .default("W")
        .describe("Place in the country: member -> W -> E -> N, member -> C -> N"),
      sectors: z.array(z.enum(SECTORS)).min(1).default(["water"]).describe("Sectors it serves"),
      publicUrl: z.url().optional().describe("Address under which people reach the console; used in mails"),
    })
    .prefault({}),
  data: z
    .string()
    .default("data")
    .describe("Folder of everything it keeps; relative to the working directory"),
  http: z
    .strictObject({
      host: z.string().default("127.0.0.1").describe("Address to bind"),
      port: port.default(8080).describe("Port to bind; 0 takes any free one"),
      tls: z
        .strictObject({
          cert: z.string().describe("PEM file of the certificate and its chain"),
          key: z.string().describe("PEM file of the certificate's key"),
          clientCertificates: z
            .boolean()
            .default(false)
            .describe(
              "Asks for certificates of machines (TAXII 2.1, 8.3.1); who has none goes on as before, and a browser's opens nothing",
            ),
          clientCa: z
            .string()
            .optional()
            .describe(
              "PEM file of the authorities under which a machine is known by its certificate's name; without it by fingerprint only",
            ),
          clientCrl: z.string().optional().describe("PEM file of those authorities' revocation lists"),
        })
        .optional()
        .describe("TLS ended by the node itself; a public address needs this or http.trustedProxy"),
      trustedProxy: z
        .string()
        .optional()
        .describe("Address or prefix of the proxy that ends TLS in front of the node"),
      bodyLimit: bytes(1_048_576).describe("Largest JSON body in bytes"),
      timeoutSeconds: z.number().positive().default(30).describe("A request that takes longer is stopped"),
      perMinute: bytes(600).describe("Calls a minute for one account, key or address"),
    })
    .prefault({}),
  records: z
    .strictObject({
      url: z.string().default("pglite").describe("pglite, or postgres://user:password@host:port/database"),
    })
    .prefault({}),
  events: z
    .strictObject({
      url: z
        .string()
        .default("chdb")
        .describe("chdb, or http(s)://user:password@host:port/database of a ClickHouse server"),
      retentionDays: z
        .number()
        .int()
        .positive()
        .default(180)
        .describe("Age in days at which log records are dropped"),
      retentionBytes: bytes(50 * 2 ** 30).describe("Size at which the oldest day is dropped"),
    })
    .prefault({}),
  ingest: z
    .strictObject({
      udp: listener.optional().describe("Syslog over UDP; off when absent"),
      tcp: listener.optional().describe("Syslog over TCP; off when absent"),
      tls: tlsListener.optional().describe("Syslog over TLS (RFC 5425); off when absent"),
      sources: z
        .array(Source)
        .default([])
        .describe(
          "Whose syslog comes from where; a fingerprint goes before a name, a name before an address, the longest prefix wins, and what none names is not stored",
        ),
      indicators: z
        .array(IndicatorList)
        .default([])
        .describe("Lists of indicators that logs are met with, beside those of the library"),
      files: z
        .array(WatchedFiles)
        .default([])
        .describe("Files and folders that are followed, each line once, over rotation and restarts"),
      nats: Nats.optional().describe("Lines off a NATS JetStream stream; off when absent"),
      threads: z
        .number()
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe(
          "Threads that parse lines and meet them with rules and indicators; one for two processors when absent, since the stores need the others",
        ),
      maxLineBytes: bytes(65_536).describe("A longer line is refused (HTTP) or cut and counted (syslog)"),
      spoolBytes: bytes(2 ** 30).describe(
        "Most bytes on disk of lines that wait for a store that is away; full, senders are held back",
      ),
      maxBodyBytes: bytes(64 * 2 ** 20).describe("Largest body of POST /ingest/logs after gunzip"),
    })
    .prefault({}),
  detection: z
    .strictObject({
      rules: z
        .array(z.string().min(1))
        .default([])
        .describe("Folders of Sigma rules beside those that come with the product; read again when changed"),
      pipelines: z
        .array(z.string().min(1))
        .default([])
        .describe("Folders or files of pipelines that tie their log sources to records"),
      idleSourceSeconds: z
        .number()
        .int()
        .min(1)
        .max(3600)
        .default(120)
        .describe(
          "A source that sent nothing for so long is not waited for in correlation; so long is waited for all of them after a start",
        ),
    })
    .prefault({}),
  intel: z
    .strictObject({
      warninglists: z
        .string()
        .optional()
        .describe("Folder of warninglists in MISP's form, beside those that come with the product"),
      scoreFloor: z
        .number()
        .int()
        .min(1)
        .max(99)
        .optional()
        .describe(
          "An indicator or observable whose score has decayed to this is taken out of detection and of what devices get; without it none is",
        ),
      sightings: z
        .strictObject({
          collections: z
            .array(z.string())
            .default([])
            .describe("TAXII collections, by alias, that tell how often what they carry was seen by members"),
          organisations: z
            .number()
            .int()
            .min(1)
            .max(1000)
            .default(2)
            .describe("So many organisations must have seen an object before anything is told of it"),
          marking: z
            .enum(["object", "strictest"])
            .default("strictest")
            .describe(
              "How the sum is marked: as the object, where members agreed to that since nobody is named, or as the strictest of it and of what was counted",
            ),
        })
        .prefault({}),
      maxContentLength: bytes(100 * 2 ** 20).describe(
        "Largest push over TAXII in bytes; announced as max_content_length of the API root",
      ),
      feedHosts: z
        .array(z.string())
        .default([])
        .describe("Host names and addresses within the own network from which feeds may be fetched"),
    })
    .prefault({}),
  mail: z
    .strictObject({
      smtp: z
        .string()
        .optional()
        .describe("smtp://user:password@host:port; without it no mail leaves and the console says so"),
      from: z.string().default("聯防 <lianfang@localhost>").describe("Sender of the node's mails"),
    })
    .prefault({}),
  access: z
    .strictObject({
      secondFactor: z
        .enum(["required", "optional"])
        .default("required")
        .describe("Whether every person must use a one-time code"),
      sessionHours: z
        .number()
        .positive()
        .max(72)
        .default(14)
        .describe("Longest session; a duty shift and its handover"),
      idleMinutes: z.number().positive().default(120).describe("A session unused for this long ends"),
    })
    .prefault({}),
  peers: z
    .strictObject({
      loopback: z
        .boolean()
        .default(false)
        .describe("Whether a peer may be on this very machine; addresses of link-local networks never may"),
      ca: z
        .string()
        .optional()
        .describe("PEM file of authorities whose peers are believed beside those that the machine believes"),
    })
    .prefault({}),
  duties: z
    .strictObject({ pack: z.string().default("tw-2026").describe("Duty pack of content/duty-packs") })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error", "silent"])
        .default("info")
        .describe("Least level that is logged; JSON lines on standard error"),
    })
    .prefault({}),
});
export type Config = z.infer<typeof Config>;
