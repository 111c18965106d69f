export * from "./alerts/model.ts";
export * from "./catalog/model.ts";
export * from "./collect/model.ts";
export { RuleFault } from "./sigma/model.ts";
export * from "./trial/model.ts";
