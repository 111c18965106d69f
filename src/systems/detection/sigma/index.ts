export { checkRules, type Detection, type DetectOptions, detectFile, type FileEvent } from "./detect.ts";
export type { Issue } from "./issue.ts";
export { loadRules } from "./load.ts";
export { sourceText } from "./log-source.ts";
export { type CompiledRules, compileRules, type Matcher, type RuleMatch } from "./matcher.ts";
export { ParsedFiles } from "./parsed.ts";
export { loadPipeline, loadPipelines, type Pipeline } from "./pipeline.ts";
export { type RuleLevel, SIGMA_TAXONOMY, type SigmaRule } from "./rule.ts";
