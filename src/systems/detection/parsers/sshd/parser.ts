import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { draftOf, kindFields, put } from "../text/fields.ts";

const STARTS = [
  "Failed password for ",
  "Failed publickey for ",
  "Failed none for ",
  "Failed keyboard-interactive",
  "Accepted password for ",
  "Accepted publickey for ",
  "Accepted keyboard-interactive",
  "Accepted gssapi",
  "Invalid user ",
  "Connection closed by ",
  "Connection reset by ",
  "Disconnected from ",
  "Received disconnect from ",
  "Did not receive identification string from ",
  "error: maximum authentication attempts exceeded",
  "Postponed publickey for ",
  "User ",
];

function isSsh(message: string): boolean {
  if (!STARTS.some((start) => message.startsWith(start))) return false;
  return message.includes(" port ") || message.includes(" from ");
}

/** OpenSSH's server. */
export const sshd = defineParser({
  id: "sshd",
  product: "OpenSSH sshd",
  programs: ["sshd", "sshd-session", "sshd-auth"],
  accepts: (message) => isSsh(message) && !message.startsWith("User "),
  parse(message, context) {
    const repeated = /^message repeated \d{1,9} times: \[ ?(.*)\]$/s.exec(message)?.[1];
    if (repeated !== undefined && !repeated.startsWith("message repeated "))
      return sshd.parse(repeated, context);
    const named = context.program === "sshd" || context.program?.startsWith("sshd-") === true;
    // Junos names its program so too, but says `SSHD_LOGIN_FAILED: ` first.
    if (message.startsWith("SSHD_") || (!named && !isSsh(message))) return undefined;
    const draft = draftOf("system", "system.auth", "OpenBSD", "OpenSSH");
    draft.message = message;
    draft["process.name"] = context.program ?? "sshd";
    kindFields(draft, "ssh", ["session"], ["info"]);
    if (message.startsWith("Server listening")) kindFields(draft, "listening", ["process"], ["start"]);
    else {
      peer(draft, message);
      said(draft, message);
    }
    return draft;
  },
});

/** ` from 198.51.100.66 port 40022`, `by invalid user admin 198.51.100.66 port 40022`: the address stands before its port. */
function peer(draft: EcsDraft, message: string): void {
  const port = message.indexOf(" port ");
  const end = port < 0 ? message.length : port;
  const from = message.lastIndexOf(" ", end - 1);
  const address = message.slice(from + 1, end);
  const bracket = between(message, " [", "] failed");
  if (isIp(address)) draft["source.ip"] = address;
  else if (bracket !== undefined && isIp(bracket)) draft["source.ip"] = bracket;
  else put(draft, "source.ip", between(`${message} `, " from ", " "));
  if (port > 0) put(draft, "source.port", /^\d{1,5}/.exec(message.slice(port + 6, port + 11))?.[0]);
}

function said(draft: EcsDraft, message: string): void {
  const [verb, method] = message.split(" ", 2);
  if (verb === "Accepted" || verb === "Failed") {
    const accepted = verb === "Accepted";
    kindFields(
      draft,
      accepted ? "login-succeeded" : "login-failed",
      ["authentication", "session"],
      ["start"],
      accepted ? "success" : "failure",
    );
    put(draft, "system.auth.ssh.method", method);
    user(draft, nameIn(message, " for "));
    const key = message.lastIndexOf("SHA256:");
    if (key > 0) put(draft, "system.auth.ssh.signature", message.slice(key));
  } else if (message.startsWith("Invalid user ")) {
    kindFields(draft, "login-failed", ["authentication"], ["start"], "failure");
    put(draft, "event.reason", "invalid user");
    user(draft, nameIn(message, "Invalid user "));
  } else if (message.startsWith("error: maximum")) {
    kindFields(draft, "login-failed", ["authentication"], ["start"], "failure");
    put(draft, "event.reason", "maximum authentication attempts exceeded");
    user(draft, nameIn(message, " for "));
  } else if (message.startsWith("pam_unix(")) {
    const opened = message.includes("session opened");
    const failed = message.includes("authentication failure");
    kindFields(
      draft,
      failed ? "login-failed" : opened ? "session-opened" : "session-closed",
      [failed ? "authentication" : "session"],
      [failed || opened ? "start" : "end"],
      failed ? "failure" : "success",
    );
    put(draft, "source.ip", between(`${message} `, "rhost=", " "));
    user(draft, between(`${message} `, " for user ", " ") ?? between(`${message} `, " user=", " "));
  } else if (message.includes("Authentication failure for ") || message.includes(" not allowed because ")) {
    kindFields(draft, "login-failed", ["authentication"], ["start"], "failure");
    const reason = message.indexOf(" not allowed because ");
    if (reason > 0) put(draft, "event.reason", message.slice(reason + 21));
    const named = between(message, " for ", " from ") ?? between(message, "User ", " ");
    user(draft, named?.replace(/^illegal user /, "invalid user "));
  } else if (
    /^(error: |fatal: )?(Unable to negotiate|Bad protocol|reverse mapping|Did not receive)/.test(message)
  ) {
    kindFields(draft, "connection-refused", ["session", "network"], ["end"], "failure");
    put(draft, "event.reason", message.slice(0, 200));
  } else if (verb === "Disconnected" || verb === "Received" || verb === "Connection") {
    kindFields(draft, "disconnected", ["session", "network"], ["end"]);
    user(draft, userBefore(message));
  }
}

/** The name before the last ` from `: whoever tries to sign in chooses it, and may write ` from ` into it. */
function nameIn(message: string, before: string): string | undefined {
  const start = message.indexOf(before);
  const end = message.lastIndexOf(" from ");
  return start < 0 || end < start + before.length ? undefined : message.slice(start + before.length, end);
}

function user(draft: EcsDraft, text: string | undefined): void {
  if (text === undefined) return;
  const plain = text.startsWith("invalid user ") ? text.slice(13) : text;
  if (plain !== text) draft["event.reason"] = "invalid user";
  const open = plain.indexOf("(");
  put(draft, "user.name", open > 0 ? plain.slice(0, open) : plain);
}

/** `authenticating user root 198.51.100.66 port 1`, `invalid user admin 198.51.100.66 port 1`, `user netops 10.20.0.9 port 1`. */
function userBefore(message: string): string | undefined {
  const at = message.indexOf("user ");
  return at < 0 ? undefined : message.slice(at + 5).split(" ", 1)[0];
}
