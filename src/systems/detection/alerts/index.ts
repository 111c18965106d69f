export { type LinkedAlerts, linkAlerts, settleAlert } from "./acts.ts";
export type { Alert, AlertDetail, AlertLevel, AlertState, Entities, Indicator } from "./model.ts";
export { type MatchedEvent, type Raised, raiseAlerts } from "./raise.ts";
export { alertRoutes } from "./routes.ts";
