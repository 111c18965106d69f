import { web as detection } from "../systems/detection/web/index.ts";
import { web as incidents } from "../systems/incidents/web/index.ts";
import { web as intel } from "../systems/intel/web/index.ts";
import { libraryWeb } from "../systems/intel/web/library.ts";
import { listsWeb } from "../systems/intel/web/lists.ts";
import { web as members } from "../systems/members/web/index.ts";
import type { WebDoor } from "../web/page.ts";

/** Every system with pages, in the order of the house. A folder `web/` that is not here fails the test beside. */
export const doors: readonly WebDoor[] = [members, intel, libraryWeb, listsWeb, detection, incidents];
