import { defineParser, type EcsDraft } from "../parser.ts";
import { between } from "../text/csv.ts";
import { draftOf, kindFields, put } from "../text/fields.ts";

/** Programs of a Linux host that have no parser of their own and whose lines rules ask for. */
const PROGRAMS =
  "su su-l login CRON cron crond anacron crontab atd useradd userdel usermod groupadd groupdel groupmod chage passwd chpasswd gpasswd systemd systemd-logind systemd-resolved polkitd pkexec dbus-daemon kernel vsftpd proftpd pure-ftpd clamd freshclam clamav guacd dovecot postfix/smtpd in.telnetd rsyslogd gdm-password lightdm doas".split(
    " ",
  );

/** System programs of Linux over syslog: accounts, sessions, scheduled commands, and the rest by its text. */
export const linuxSyslog = defineParser({
  id: "linux-syslog",
  product: "Linux system programs",
  programs: PROGRAMS,
  generic: true,
  accepts: () => false,
  parse(message, context) {
    const { program } = context;
    // Packets that the kernel logs are the firewall's.
    if (
      program === undefined ||
      (program === "kernel" && message.includes(" SRC=") && message.includes("OUT="))
    )
      return undefined;
    // An event tag of Junos, or the kernel's audit.
    if (message.includes("audit(") || /^[A-Z][A-Z0-9]{1,20}_[A-Z0-9_]{2,40}: /.test(message))
      return undefined;
    const draft = draftOf("system", "system.syslog", "Linux", program);
    draft["host.os.type"] = "linux";
    draft["process.name"] = program;
    draft.message = message;
    kindOf(draft, program, message);
    return draft;
  },
});

function kindOf(draft: EcsDraft, program: string, message: string): void {
  if (message.startsWith("pam_unix(") || message.startsWith("pam_")) session(draft, message);
  else if (/^(user|group)(add|del|mod)$|^(chage|passwd|chpasswd|gpasswd)$/.test(program))
    account(draft, program, message);
  else if (/^(CRON|cron|crond|anacron|atd)$/.test(program)) scheduled(draft, message);
  else if (program === "su" || program === "login" || program === "su-l") switched(draft, message);
  else if (program === "systemd-logind") {
    const ended = message.startsWith("Removed") || message.includes("logged out");
    kindFields(draft, ended ? "session-closed" : "session-opened", ["session"], [ended ? "end" : "start"]);
    put(draft, "user.name", between(`${message}.`, "of user ", "."));
  } else kindFields(draft, program, ["host"], ["info"]);
}

/** `pam_unix(su:session): session opened for user root(uid=0) by lin(uid=1000)`. */
function session(draft: EcsDraft, message: string): void {
  const opened = message.includes("session opened");
  const failed = message.includes("authentication failure");
  kindFields(
    draft,
    failed ? "login-failed" : opened ? "session-opened" : "session-closed",
    [failed ? "authentication" : "session"],
    [failed || opened ? "start" : "end"],
    failed ? "failure" : "success",
  );
  const name = between(`${message} `, " for user ", " ") ?? between(`${message} `, " user=", " ");
  put(draft, "user.name", name?.split("(", 1)[0]);
  put(draft, "source.ip", between(`${message} `, "rhost=", " "));
}

/** `new user: name=x, UID=1001, ...`, `delete user 'x'`, `password changed for x`. */
function account(draft: EcsDraft, program: string, message: string): void {
  const group = program.startsWith("group") || message.includes("group: name=");
  const verb = program.endsWith("add") ? "creation" : program.endsWith("del") ? "deletion" : "change";
  const action = { creation: "added", deletion: "deleted", change: "changed" }[verb];
  kindFields(
    draft,
    `${action}-${group ? "group" : "user-account"}`,
    ["iam"],
    [group ? "group" : "user", verb],
    message.includes("fail") ? "failure" : "success",
  );
  const name =
    between(`${message},`, "name=", ",") ??
    between(message, "'", "'") ??
    between(`${message} `, " for ", " ");
  put(draft, group ? "group.name" : "user.target.name", name);
}

/** `(root) CMD (/usr/bin/x)`. */
function scheduled(draft: EcsDraft, message: string): void {
  kindFields(draft, "scheduled-command", ["process"], [message.includes("CMD (") ? "start" : "info"]);
  put(draft, "user.name", between(message, "(", ")"));
  const command = message.indexOf("CMD (");
  if (command > 0)
    put(draft, "process.command_line", message.slice(command + 5, message.endsWith(")") ? -1 : undefined));
}

/** `(to root) lin on pts/1`, `FAILED SU (to root) lin on pts/1`, `FAILED LOGIN 1 FROM 198.51.100.7 FOR root`. */
function switched(draft: EcsDraft, message: string): void {
  const failed = /fail|incorrect|denied/i.test(message);
  kindFields(
    draft,
    failed ? "login-failed" : "login-succeeded",
    ["authentication"],
    ["start"],
    failed ? "failure" : "success",
  );
  put(draft, "user.effective.name", between(message, "(to ", ")"));
  const named = between(`${message} `, " FOR ", " ") ?? between(`${message} `, ") ", " ");
  put(draft, "user.name", named?.replace(/^'|'?,?$/g, ""));
  put(draft, "source.ip", between(`${message} `, " FROM ", " "));
}
