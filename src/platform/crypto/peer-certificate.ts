import type { TLSSocket } from "node:tls";

/** The certificate that the other side of a TLS connection showed. */
export interface PeerCertificate {
  /** Common name and alternative names, in lower case. */
  readonly names: readonly string[];
  /** Hexadecimal, lower case, without colons; empty for one that is out of its time. */
  readonly sha256: string;
  /** Signed by an authority that the listener was given; one that is not is known by its fingerprint only. */
  readonly trusted: boolean;
}

/** What the other side showed; undefined when it showed nothing. `now` in milliseconds. */
export function certificateOf(socket: TLSSocket, now: number): PeerCertificate | undefined {
  const x509 = socket.getPeerX509Certificate();
  if (x509 === undefined) return undefined;
  const common = /^CN=(.*)$/m.exec(x509.subject ?? "")?.[1];
  const alternative = (x509.subjectAltName ?? "")
    .split(", ")
    .map((name) => name.slice(name.indexOf(":") + 1));
  const names = [...(common === undefined ? [] : [common]), ...alternative];
  const inTime = Date.parse(x509.validFrom) <= now && now <= Date.parse(x509.validTo);
  return {
    names: names.filter((name) => name !== "").map((name) => name.toLowerCase()),
    // One that is out of its time is nobody's, whatever its fingerprint.
    sha256: inTime ? x509.fingerprint256.replaceAll(":", "").toLowerCase() : "",
    trusted: socket.authorized,
  };
}
