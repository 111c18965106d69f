import type { Permission } from "../core/access.ts";
import type { Clock } from "../core/instant.ts";
import type { Scope } from "../core/scope.ts";
import type { BlobStore } from "./blobs/store.ts";
import type { Config } from "./config/config.ts";
import type { NodeKey } from "./crypto/node-key.ts";
import type { EventStore, EventTable } from "./events/store.ts";
import type { Authenticate } from "./http/authenticate.ts";
import type { Route } from "./http/route.ts";
import type { Job, Jobs } from "./jobs/job.ts";
import type { Log } from "./log/log.ts";
import type { Mailer } from "./mail/mail.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Bus, Subscriber } from "./outbox/subscriber.ts";
import type { Records } from "./records/work.ts";

/** The outside world as a system meets it. One value, made in app/main.ts, handed to every system. */
export interface Platform {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly records: Records;
  readonly events: EventStore;
  readonly blobs: BlobStore;
  readonly bus: Bus;
  readonly jobs: Jobs;
  readonly mailer: Mailer;
  readonly metrics: Metrics;
  readonly nodeKey: NodeKey;
  /** A named, narrow scope for the program's own work over every organisation that this node serves. */
  jobScope(name: string, permissions: readonly Permission[]): Promise<Scope>;
}

/** Why a node was brought up. */
export interface NodeRole {
  /**
   * It serves until it is stopped. Otherwise it is there for one command of the same machine: it answers that and
   * takes nothing in by itself, neither over sockets nor from followed files, nor watches, nor takes up old work.
   */
  readonly serving: boolean;
}

/** What a system brings when it is started on a platform. */
export interface Started {
  readonly routes?: readonly Route[];
  /** How requests become callers; members alone brings it. */
  readonly authenticate?: Authenticate;
  readonly jobs?: readonly Job[];
  readonly subscribers?: readonly Subscriber[];
  /** One line each for /readyz; rejects with the reason when the part cannot work. */
  readonly ready?: () => Promise<void>;
  /** Opens sockets and workers; called after every system is made and the stores are migrated. */
  readonly start?: (as: NodeRole) => Promise<void>;
  /** Stops taking in, finishes what is under way. */
  readonly stop?: () => Promise<void>;
}

/** One folder of src/systems, as app/systems.ts lists it. */
export interface System {
  readonly name: string;
  /** Folder of `.sql` migrations, by intent and timestamp: `20261123T0310-create-alerts.sql`. */
  readonly migrations?: URL;
  readonly eventTables?: readonly EventTable[];
  start(platform: Platform): Promise<Started>;
}
