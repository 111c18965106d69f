/** A mail: plain text, Traditional Chinese first and English below it. */
export interface Mail {
  /** Bare addresses, `name@host`. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Becomes the Message-ID, so that a second delivery of the same mail is recognised by the receiver. */
  readonly key: string;
}

export interface Mailer {
  /** False when no mail server is configured: then no mail leaves, and screens say so. */
  readonly configured: boolean;
  /**
   * Resolves once the server took it. Rejects when it did not, so that the caller (an outbox subscriber) tries again,
   * and with MailError `not-configured` when there is no server; ask `configured` first.
   */
  send(mail: Mail): Promise<void>;
}

/** A mail that did not leave: `not-configured`, `bad-mail` (trying again is no use) or `not-taken` (try again). */
export class MailError extends Error {
  override readonly name = "MailError";
  readonly reason: "not-configured" | "bad-mail" | "not-taken";

  constructor(
    reason: "not-configured" | "bad-mail" | "not-taken",
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.reason = reason;
  }
}
