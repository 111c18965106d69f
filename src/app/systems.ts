import type { System } from "../platform/platform.ts";
import { detection } from "../systems/detection/index.ts";
import { incidents } from "../systems/incidents/index.ts";
import { intel } from "../systems/intel/index.ts";
import { members } from "../systems/members/index.ts";

/** Every system of the product, lowest tier first: the order of migrations and of starting; stopping runs backwards. */
export const systems: readonly System[] = [members, intel, detection, incidents];
