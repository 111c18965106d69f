import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface CertificateOptions {
  /** Common name of the subject. */
  readonly name: string;
  /** Names and IPv4 addresses of the subject alternative name. */
  readonly alternative?: readonly string[];
  /** Who signs; the certificate itself when absent. */
  readonly issuer?: TestCertificate;
  readonly authority?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** A certificate made for a test: PEM texts, and what is needed to sign others with it. */
export interface TestCertificate {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  readonly privateKey: KeyObject;
}

const DAY_MILLIS = 86_400_000;

/** Makes an X.509 certificate (RFC 5280) with a P-256 key, so that a test of TLS needs no program beside Node. */
export function testCertificate(options: CertificateOptions): TestCertificate {
  const { name, issuer, alternative = [] } = options;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = Date.now();
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(12)])),
    ECDSA_SHA256,
    distinguished(issuer?.name ?? name),
    sequence(
      time(options.notBefore ?? new Date(now - DAY_MILLIS)),
      time(options.notAfter ?? new Date(now + DAY_MILLIS)),
    ),
    distinguished(name),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(
      0xa3,
      sequence(
        ...(options.authority === true
          ? [extension(Buffer.of(0x55, 0x1d, 0x13), sequence(tagged(1, Buffer.of(0xff))))]
          : []),
        ...(alternative.length > 0
          ? [extension(Buffer.of(0x55, 0x1d, 0x11), sequence(...alternative.map(generalName)))]
          : []),
        extension(Buffer.of(0x55, 0x1d, 0x0e), tagged(4, randomBytes(8))),
      ),
    ),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  const whole = sequence(body, ECDSA_SHA256, tagged(3, Buffer.of(0), signature));
  const lines = whole.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    privateKey,
  };
}

function tagged(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...contents: Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function integer(bytes: Buffer): Buffer {
  return tagged(2, bytes);
}

const ECDSA_SHA256 = sequence(tagged(6, Buffer.from("2a8648ce3d040302", "hex")));

function distinguished(name: string): Buffer {
  const commonName = sequence(tagged(6, Buffer.of(0x55, 4, 3)), tagged(0x0c, Buffer.from(name)));
  return sequence(tagged(0x31, commonName));
}

function time(at: Date): Buffer {
  return tagged(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(tagged(6, id), tagged(4, value));
}

function generalName(name: string): Buffer {
  return isIPv4(name)
    ? tagged(0x87, Buffer.from(name.split(".").map(Number)))
    : tagged(0x82, Buffer.from(name));
}
