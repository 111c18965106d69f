import { pino } from "pino";

/** Structured log: JSON lines on stderr, one object a line. Secrets are cut out by name wherever they stand. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

const SECRET_NAMES = [
  "password",
  "newPassword",
  "secret",
  "totp",
  "token",
  "key",
  "apiKey",
  "authorization",
  "cookie",
  "set-cookie",
  "x-csrf-token",
  "passphrase",
];

/** Paths for pino's redaction: each secret name at the top and up to two levels down. */
const REDACTED = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

export function createLog(options: { level: LogLevel; write?: (line: string) => void }): Log {
  const write = options.write ?? ((line: string) => process.stderr.write(line));
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: "[secret]" },
      serializers: { err: pino.stdSerializers.err },
    },
    { write },
  );
}
