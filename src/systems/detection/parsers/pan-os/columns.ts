import { type Columns, columnsOf } from "../text/fields.ts";

/** Where what has no name in ECS goes. */
export const PREFIX = "panw.panos.";

const HEAD = "_ _ observer.serial_number _ .sub_type _ _";
const SESSION =
  "source.ip destination.ip source.nat.ip destination.nat.ip rule.name source.user.name destination.user.name network.application .virtual_sys observer.ingress.zone observer.egress.zone observer.ingress.interface.name observer.egress.interface.name .log_profile _ network.session_id _ source.port destination.port source.nat.port destination.nat.port .flow_flags network.transport event.action";
const GROUPS = "_ _ _ _ .vsys_name observer.name";
const PLACES = "source.geo.country_name destination.geo.country_name";
/** Devices by Device-ID, PAN-OS 10: category, profile, model, vendor, family and version of the system, host, address. */
const device = (side: "source" | "destination"): string => {
  const short = side === "source" ? "src" : "dst";
  return `.${short}.category .${short}.profile .${short}.model .${short}.vendor .${short}.os_family .${short}.os_version ${side}.domain ${side}.mac`;
};

/** Columns by log type, as the "Syslog Field Descriptions" of PAN-OS 8.1 to 11 order them; newer releases add at the end. */
export const TYPES: ReadonlyMap<string, Columns> = new Map(
  Object.entries({
    TRAFFIC: `${HEAD} ${SESSION} network.bytes source.bytes destination.bytes network.packets event.start .elapsed .url_category _ event.sequence _ ${PLACES} _ source.packets destination.packets event.reason ${GROUPS} .action_source _ _ .tunnel_id _ .parent_session_id _ .tunnel_type .assoc_id _ _ _ rule.uuid _ .link_change_count .policy_id .link_switches .sdwan_cluster _ _ _ _ .xff ${device("source")} ${device("destination")} _ _ _ _ _ host.id _ _ _ .session_owner .high_resolution_timestamp _ _ .app_subcategory .app_category .app_technology .app_risk`,
    THREAT: `${HEAD} ${SESSION} .misc .threat_id .url_category .severity .direction event.sequence _ ${PLACES} _ http.response.mime_type .pcap_id .file_digest .cloud .url_idx user_agent.original .file_type .xff http.request.referrer email.from.address email.subject email.to.address .report_id ${GROUPS} _ _ _ http.request.method .tunnel_id _ .parent_session_id _ .tunnel_type rule.category .content_version _ _ _ .http_headers .url_category_list rule.uuid`,
    SYSTEM: `${HEAD} .virtual_sys event.code .object _ _ .module .severity message event.sequence _ ${GROUPS}`,
    CONFIG: `${HEAD} source.ip .virtual_sys .cmd user.name .client .result .path event.sequence _ ${GROUPS}`,
    USERID: `${HEAD} .virtual_sys source.ip user.name .data_source_name _ _ .timeout _ _ .data_source .data_source_type event.sequence _ ${GROUPS} _ .factor_type .factor_completed_at .factor`,
    HIPMATCH: `${HEAD} user.name .virtual_sys host.name host.os.name source.ip rule.name .repeat_count .match_type _ _ event.sequence _ ${GROUPS} _ .ipv6 host.id .host_serial`,
    AUTHENTICATION: `${HEAD} .virtual_sys source.ip user.name .normalized_user .object .auth_policy .repeat_count .auth_id .mfa_vendor .log_profile .server_profile .description .client_type .event_type .factor event.sequence _ ${GROUPS} _ .auth_protocol rule.uuid _ ${device("source")}`,
    DECRYPTION: `${HEAD} ${SESSION} .tunnel _ _ .src_vm .dst_vm rule.uuid .stage_client .stage_server tls.version .key_exchange .encryption .hash .policy_name tls.curve .error_index .root_status .chain_status .proxy_type .cert_serial .cert_fingerprint tls.server.not_before tls.server.not_after .cert_version .cert_size _ _ _ _ _ tls.server.x509.subject.common_name tls.server.x509.issuer.common_name _ tls.client.server_name error.message`,
    GLOBALPROTECT: `${HEAD} .virtual_sys event.action .stage .auth_method .tunnel_type user.name .source_region host.name source.ip .public_ipv6 source.nat.ip .private_ipv6 host.id .serial_number .client_ver host.os.name host.os.version _ event.reason error.message .opaque .status .location .login_duration .connect_method .error_code .portal event.sequence`,
    CORRELATION: `${HEAD} source.ip user.name .virtual_sys rule.category .severity _ _ _ _ .vsys_name observer.name _ rule.name rule.id message`,
    IPTAG: `${HEAD} .virtual_sys source.ip .tag_name .event_id .repeat_count .timeout .data_source_name .data_source_type .data_source_subtype event.sequence _ ${GROUPS}`,
    TUNNEL: `${HEAD} ${SESSION} .severity event.sequence _ ${PLACES} ${GROUPS}`,
    START: `${HEAD} ${SESSION} .severity event.sequence _ ${PLACES} ${GROUPS}`,
    GTP: `${HEAD} source.ip destination.ip _ _ rule.name _ _ network.application .virtual_sys observer.ingress.zone observer.egress.zone observer.ingress.interface.name observer.egress.interface.name .log_profile _ network.session_id _ source.port destination.port _ _ _ network.transport event.action`,
    SCTP: `${HEAD} source.ip destination.ip _ _ rule.name _ _ _ .virtual_sys observer.ingress.zone observer.egress.zone observer.ingress.interface.name observer.egress.interface.name .log_profile _ network.session_id _ source.port destination.port _ _ _ _ network.transport event.action`,
    AUDIT: `${HEAD} _ .event_id event.action message`,
  }).map(([type, names]): [string, Columns] => [type, columnsOf(PREFIX, names)]),
);
