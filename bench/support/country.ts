/**
 * A country's day in small: what the proxies, name servers and firewalls of many members write, made from a seed.
 * Hosts and sites follow Zipf's law; times, sizes, ports, query ids and the ids in URLs are drawn anew for each line, so
 * that the lines pack no better than real ones. Names end in endings that nobody can register (RFC 2606) or are made up.
 */
import { randomOf } from "../../src/app/demo/lines.ts";

const HOSTS = 20_000;
const SITES = 40_000;
/** Sites that browsers reach without a tunnel, so that the proxy sees paths. */
const PLAIN_SHARE = 0.45;

const WORDS =
  "news shop mail cloud data media static images cdn api login portal water power bank city school health travel sport music video game book photo map weather stock job food home auto tech world daily open green blue red fast smart live next".split(
    " ",
  );
const ENDINGS = ["com.tw", "gov.tw", "org.tw", "edu.tw", "com", "net", "org", "io", "jp", "tw"] as const;
const TYPES = ["text/html", "application/json", "image/jpeg", "image/png", "image/webp", "text/css"] as const;
const FOLDERS = ["assets", "api/v1", "api/v2", "images", "static/js", "news", "products", "u", "media/thumb"];

export interface Infected {
  readonly host: string;
  readonly user: string;
  readonly domain: string;
}

/** Somebody at a site: some lines within a short time, from one host to one address. */
interface Visit {
  readonly host: number;
  readonly site: number;
  readonly peer: string;
  left: number;
}

const VISITS = 400;

/** Draws of one stream of lines. */
export class Country {
  readonly #visits: Visit[] = [];
  readonly #independent: boolean;
  readonly #random: () => number;
  readonly #sites: readonly { readonly name: string; readonly addresses: readonly string[]; type: string }[];
  readonly #hosts: readonly string[];
  readonly #users: readonly string[];

  /** `independent`: every proxy line has a host and site of its own, as no browser does; packs worst. */
  constructor(seed: number, independent = false) {
    this.#independent = independent;
    this.#random = randomOf(seed);
    const fixed = randomOf(43_200_2000);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(fixed() * list.length)] as T;
    this.#sites = Array.from({ length: SITES }, (_, at) => {
      const name = `${pick(WORDS)}${fixed() < 0.5 ? pick(WORDS) : at}`;
      const sub = ["www.", "", "", "api.", "img.", "cdn1.", "static."][Math.floor(fixed() * 7)] ?? "";
      const net = `${20 + Math.floor(fixed() * 180)}.${Math.floor(fixed() * 256)}.${Math.floor(fixed() * 256)}`;
      return {
        name: `${sub}${name}.${pick(ENDINGS)}`,
        addresses: Array.from(
          { length: 1 + Math.floor(fixed() * 3) },
          () => `${net}.${1 + Math.floor(fixed() * 254)}`,
        ),
        type: pick(TYPES),
      };
    });
    this.#hosts = Array.from(
      { length: HOSTS },
      (_, at) => `10.${20 + (at >> 11)}.${(at >> 8) & 7}.${at & 255 || 254}`,
    );
    this.#users = Array.from({ length: HOSTS }, () =>
      fixed() < 0.4 ? `${pick(WORDS)}.${pick(WORDS)}${Math.floor(fixed() * 100)}` : "-",
    );
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  /** Zipf's law with exponent 1 over `most` places. */
  #zipf(most: number): number {
    return Math.min(most - 1, Math.floor(most ** this.#random()) - 1);
  }

  #hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.#below(0x1000000).toString(16).padStart(6, "0");
    return text.slice(0, digits);
  }

  #tail(): string {
    const folder = FOLDERS[this.#zipf(FOLDERS.length)] ?? "u";
    const draw = this.#random();
    if (draw < 0.15) return "";
    if (draw < 0.45) return `${folder}/${this.#zipf(50_000)}`;
    if (draw < 0.7) return `${folder}/app.${this.#zipf(400)}.js`;
    if (draw < 0.85) return `${folder}?id=${this.#below(1_000_000)}&page=${this.#zipf(30)}`;
    if (draw < 0.95) return `${folder}/${this.#zipf(5_000)}.jpg?w=${100 * (1 + this.#below(12))}`;
    return `${folder}?session=${this.#hex(16)}`;
  }

  /** Four lines a visit on average, and some hundred visits at a time. */
  #visit(): Visit {
    const at = this.#below(VISITS);
    const going = this.#visits[at];
    if (going !== undefined && going.left > 0 && !this.#independent) {
      going.left--;
      return going;
    }
    const [host, site] = [this.#zipf(HOSTS), this.#zipf(SITES)];
    const { addresses = [] } = this.#sites[site] ?? {};
    const peer = addresses[this.#below(addresses.length)] ?? "";
    const visit = { host, site, peer, left: Math.floor(-4 * Math.log(1 - this.#random())) };
    this.#visits[at] = visit;
    return visit;
  }

  /** Squid's native format. `asked`: the host and domain of a planted line. */
  proxy(at: number, asked?: Infected): string {
    const random = this.#random;
    const { host, site: place, peer } = this.#visit();
    const site = this.#sites[place];
    if (site === undefined) throw new Error("no such site");
    const elapsed = Math.floor(8 * 2 ** (random() * 9));
    const size = Math.floor(300 * 2 ** (random() * 10));
    const who = asked?.host ?? this.#hosts[host];
    const user = asked?.user ?? this.#users[host];
    const name = asked?.domain ?? site.name;
    const head = `${Math.floor(at / 1000)}.${String(at % 1000).padStart(3, "0")} ${String(elapsed).padStart(6)} ${who}`;
    if (random() > PLAIN_SHARE)
      return `${head} TCP_TUNNEL/200 ${size} CONNECT ${name}:443 ${user} HIER_DIRECT/${peer} -`;
    const draw = random();
    const [result, type] =
      draw < 0.7
        ? ["TCP_MISS/200", site.type]
        : draw < 0.85
          ? ["TCP_MEM_HIT/200", site.type]
          : draw < 0.93
            ? ["TCP_MISS/304", "-"]
            : draw < 0.97
              ? ["TCP_MISS/404", "text/html"]
              : ["TCP_REFRESH_UNMODIFIED/200", site.type];
    const hierarchy = result === "TCP_MEM_HIT/200" ? "HIER_NONE/-" : `HIER_DIRECT/${peer}`;
    const method = random() < 0.92 ? "GET" : "POST";
    return `${head} ${result} ${size} ${method} http://${name}/${this.#tail()} ${user} ${hierarchy} ${type}`;
  }

  /** BIND's query log. */
  dns(at: number, asked?: Infected): string {
    const host = asked?.host ?? this.#hosts[this.#zipf(HOSTS)];
    const name = asked?.domain ?? this.#sites[this.#zipf(SITES)]?.name;
    const draw = this.#random();
    const type = draw < 0.6 ? "A" : draw < 0.88 ? "AAAA" : draw < 0.96 ? "HTTPS" : draw < 0.98 ? "PTR" : "MX";
    const client = (0x7f3a_5c00_0000 + this.#below(2_000) * 0x4c8).toString(16);
    const flags = ["+E(0)K", "+", "+E(0)", "-E(0)DC"][this.#zipf(4)];
    return `${bindTime(at)} queries: info: client @0x${client} ${host}#${1024 + this.#below(64_000)} (${name}): query: ${name} IN ${type} ${flags} (10.20.0.53)`;
  }

  /** FortiGate traffic. */
  security(at: number): string {
    const local = new Date(at + 8 * 3_600_000).toISOString();
    const site = this.#sites[this.#zipf(SITES)];
    const [from, size] = [this.#hosts[this.#zipf(HOSTS)], Math.floor(100 * 2 ** (this.#random() * 12))];
    const action = this.#random() < 0.85 ? "close" : "deny";
    const port = [443, 443, 80, 53, 123, 25][this.#below(6)];
    return `date=${local.slice(0, 10)} time=${local.slice(11, 19)} devname="FW-${this.#zipf(40)}" devid="FGT60F0000${this.#zipf(40)}" eventtime=${at}000000 tz="+0800" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=${from} srcport=${1024 + this.#below(64_000)} srcintf="lan" dstip=${site?.addresses[0]} dstport=${port} dstintf="wan1" sessionid=${this.#below(2 ** 31)} proto=6 action="${action}" policyid=${1 + this.#zipf(60)} service="HTTPS" trandisp="snat" duration=${this.#zipf(900)} sentbyte=${size} rcvdbyte=${size * (1 + this.#zipf(40))} sentpkt=${this.#zipf(400)} rcvdpkt=${this.#zipf(900)}`;
  }
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function bindTime(at: number): string {
  const local = new Date(at + 8 * 3_600_000);
  const iso = local.toISOString();
  return `${iso.slice(8, 10)}-${MONTHS[local.getUTCMonth()]}-${iso.slice(0, 4)} ${iso.slice(11, 23)}`;
}
