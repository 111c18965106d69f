import { isJsonObject, isList } from "./json.ts";
import {
  boolean,
  type Check,
  dictionary,
  hashes,
  hex,
  integer,
  listOf,
  oneOf,
  observableReference as ref,
  string,
  structure,
  type TypeDefinition,
  timestamp,
} from "./property.ts";

const strings = listOf(string);
const refs = (...types: string[]) => listOf(ref(...types));
const SIZE = integer(0);

/** A predefined extension: some properties checked, at least one there. */
const extension =
  (definition: TypeDefinition): Check =>
  (value, path, report) => {
    structure(definition)(value, path, report);
    if (isJsonObject(value) && Object.keys(value).length === 0)
      report(path, "any-of", "at least one property");
  };

/** Header fields: a name and one or more values. */
export const headers: Check = dictionary((value, path, report) => {
  if (typeof value !== "string" && !isList(value)) report(path, "type", "a list of strings is wanted");
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
      document_info_dict: dictionary(),
      pdfid0: string,
      pdfid1: string,
    },
  }),
  "raster-image-ext": extension({
    properties: { image_height: SIZE, image_width: SIZE, bits_per_pixel: SIZE, exif_tags: dictionary() },
  }),
  "windows-pebinary-ext": extension({
    required: ["pe_type"],
    properties: {
      pe_type: string,
      imphash: string,
      machine_hex: hex,
      number_of_sections: SIZE,
      time_date_stamp: timestamp,
      pointer_to_symbol_table_hex: hex,
      number_of_symbols: SIZE,
      size_of_optional_header: SIZE,
      characteristics_hex: hex,
      file_header_hashes: hashes,
    },
  }),
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
      message_body_length: SIZE,
      message_body_data_ref: ref("artifact"),
    },
  }),
  "icmp-ext": extension({
    required: ["icmp_type_hex", "icmp_code_hex"],
    properties: { icmp_type_hex: hex, icmp_code_hex: hex },
  }),
  "socket-ext": extension({
    required: ["address_family"],
    properties: {
      address_family: string,
      is_blocking: boolean,
      is_listening: boolean,
      options: dictionary(),
      socket_type: string,
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
      start_type: string,
      service_dll_refs: refs("file"),
      service_type: string,
      service_status: string,
    },
  }),
};

/** Extensions of user-account that the standard defines (section 6). */
export const USER_ACCOUNT_EXTENSIONS: Readonly<Record<string, Check>> = {
  "unix-account-ext": extension({
    properties: { gid: integer(), groups: strings, home_dir: string, shell: string },
  }),
};
