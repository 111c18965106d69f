import { lazy } from "../web/page.ts";
import { startConsole } from "../web/shell/console.tsx";
import { doors } from "./console-doors.ts";

await startConsole({
  doors,
  signIn: lazy(() => import("../systems/members/web/sign-in.page.tsx")),
  owed: lazy(() => import("../systems/members/web/owed.page.tsx")),
});
