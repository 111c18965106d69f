import { isJsonObject } from "./json.ts";
import {
  boolean,
  type Check,
  dictionary,
  float,
  hashes,
  hex,
  integer,
  listOf,
  matching,
  oneOf,
  observableReference as ref,
  string,
  structure,
  type TypeDefinition,
} from "./property.ts";
import { isTimestamp } from "./timestamp.ts";
import {
  ADDRESS_FAMILIES,
  SERVICE_START_TYPES,
  SERVICE_STATES,
  SERVICE_TYPES,
  SOCKET_TYPES,
} from "./vocabularies.ts";

const strings = listOf(string);
const refs = (...types: string[]) => listOf(ref(...types));
const SIZE = integer(0);

/** A predefined extension: some properties checked, at least one there, and one more where that is asked. */
const extension =
  (definition: TypeDefinition, beside?: string): Check =>
  (value, path, report) => {
    structure(definition)(value, path, report);
    if (!isJsonObject(value)) return;
    const names = Object.keys(value).filter((name) => name !== beside);
    if (names.length > 0) return;
    if (beside === undefined)
      report(path, "any-of", "any-of", { names: Object.keys(definition.properties).join(", ") });
    else report(path, "any-of", "extension-more", { name: beside });
  };

/** Header fields: under each name a list, since a field may stand several times. Names are kept as they were. */
export const headers: Check = (value, path, report) => {
  if (!isJsonObject(value)) report(path, "type", "dictionary");
  else if (Object.keys(value).length === 0) report(path, "empty-dictionary", "dictionary-empty");
  else for (const [name, lines] of Object.entries(value)) strings(lines, `${path}.${name}`, report);
};

/** Texts and whole numbers, as EXIF tags and IPFIX elements are. */
export const textsAndNumbers: Check = dictionary((value, path, report) => {
  if (typeof value !== "string" && !(typeof value === "number" && Number.isInteger(value)))
    report(path, "type", "string-or-integer");
});

/** Section 6.12.5: options of a socket by the names of their families, with whole numbers. */
const socketOptions: Check = (value, path, report) => {
  dictionary(integer())(value, path, report);
  for (const key of isJsonObject(value) ? Object.keys(value) : []) {
    if (!/^(?:SO|ICMP|ICMP6|IP|IPV6|MCAST|TCP|IRLMP)_/.test(key))
      report(`${path}.${key}`, "dictionary-key", "socket-option");
  }
};

/** Section 6.7.6: to the second. */
const wholeSecond: Check = (value, path, report) => {
  if (typeof value !== "string" || !isTimestamp(value) || value.includes("."))
    report(path, "timestamp", "timestamp-second");
};

const octet = matching(/^[0-9a-fA-F]{2}$/, "hex-octet", "hex");

const optionalHeader = extension({
  properties: {
    magic_hex: hex,
    major_linker_version: integer(),
    minor_linker_version: integer(),
    size_of_code: SIZE,
    size_of_initialized_data: SIZE,
    size_of_uninitialized_data: SIZE,
    address_of_entry_point: integer(),
    base_of_code: integer(),
    base_of_data: integer(),
    image_base: integer(),
    section_alignment: integer(),
    file_alignment: integer(),
    major_os_version: integer(),
    minor_os_version: integer(),
    major_image_version: integer(),
    minor_image_version: integer(),
    major_subsystem_version: integer(),
    minor_subsystem_version: integer(),
    win32_version_value_hex: hex,
    size_of_image: SIZE,
    size_of_headers: SIZE,
    checksum_hex: hex,
    subsystem_hex: hex,
    dll_characteristics_hex: hex,
    size_of_stack_reserve: SIZE,
    size_of_stack_commit: SIZE,
    size_of_heap_reserve: SIZE,
    size_of_heap_commit: SIZE,
    loader_flags_hex: hex,
    number_of_rva_and_sizes: integer(),
    hashes,
  },
});

const section = structure({
  required: ["name"],
  properties: { name: string, size: SIZE, entropy: float(-Number.MAX_VALUE, Number.MAX_VALUE), hashes },
});

/** Extensions of file that the standard defines (section 6). */
export const FILE_EXTENSIONS: Readonly<Record<string, Check>> = {
  "archive-ext": extension({
    required: ["contains_refs"],
    properties: { contains_refs: refs("file", "directory"), comment: string },
  }),
  "ntfs-ext": extension({
    properties: {
      sid: string,
      alternate_data_streams: listOf(
        structure({ required: ["name"], properties: { name: string, hashes, size: SIZE } }),
      ),
    },
  }),
  "pdf-ext": extension({
    properties: {
      version: string,
      is_optimized: boolean,
      document_info_dict: dictionary(string),
      pdfid0: string,
      pdfid1: string,
    },
  }),
  "raster-image-ext": extension({
    properties: {
      image_height: integer(),
      image_width: integer(),
      bits_per_pixel: integer(),
      exif_tags: textsAndNumbers,
    },
  }),
  "windows-pebinary-ext": extension(
    {
      required: ["pe_type"],
      properties: {
        pe_type: string,
        imphash: string,
        machine_hex: hex,
        number_of_sections: SIZE,
        time_date_stamp: wholeSecond,
        pointer_to_symbol_table_hex: hex,
        number_of_symbols: SIZE,
        size_of_optional_header: SIZE,
        characteristics_hex: hex,
        file_header_hashes: hashes,
        optional_header: optionalHeader,
        sections: listOf(section),
      },
    },
    "pe_type",
  ),
};

/** Extensions of network-traffic that the standard defines (section 6). */
export const NETWORK_TRAFFIC_EXTENSIONS: Readonly<Record<string, Check>> = {
  "http-request-ext": extension({
    required: ["request_method", "request_value"],
    properties: {
      request_method: string,
      request_value: string,
      request_version: string,
      request_header: headers,
      message_body_length: integer(),
      message_body_data_ref: ref("artifact"),
    },
  }),
  "icmp-ext": extension({
    required: ["icmp_type_hex", "icmp_code_hex"],
    properties: { icmp_type_hex: octet, icmp_code_hex: octet },
  }),
  "socket-ext": extension({
    required: ["address_family"],
    properties: {
      address_family: oneOf(...ADDRESS_FAMILIES),
      is_blocking: boolean,
      is_listening: boolean,
      options: socketOptions,
      socket_type: oneOf(...SOCKET_TYPES),
      socket_descriptor: SIZE,
      socket_handle: integer(),
    },
  }),
  "tcp-ext": extension({ properties: { src_flags_hex: hex, dst_flags_hex: hex } }),
};

/** Extensions of process that the standard defines (section 6). */
export const PROCESS_EXTENSIONS: Readonly<Record<string, Check>> = {
  "windows-process-ext": extension({
    properties: {
      aslr_enabled: boolean,
      dep_enabled: boolean,
      priority: string,
      owner_sid: string,
      window_title: string,
      startup_info: dictionary(),
      integrity_level: oneOf("low", "medium", "high", "system"),
    },
  }),
  "windows-service-ext": extension({
    properties: {
      service_name: string,
      descriptions: strings,
      display_name: string,
      group_name: string,
      start_type: oneOf(...SERVICE_START_TYPES),
      service_dll_refs: refs("file"),
      service_type: oneOf(...SERVICE_TYPES),
      service_status: oneOf(...SERVICE_STATES),
    },
  }),
};

/** Extensions of user-account that the standard defines (section 6). */
export const USER_ACCOUNT_EXTENSIONS: Readonly<Record<string, Check>> = {
  "unix-account-ext": extension({
    properties: { gid: integer(), groups: strings, home_dir: string, shell: string },
  }),
};
