import { z } from "zod";
import { type Route, route } from "../../../platform/http/route.ts";
import { type Catalog, listRules, oneRule } from "./catalog.ts";
import { RuleDetail, RuleFaults, RulePage, RuleQuery } from "./model.ts";

/** The rules at work over HTTP. They are the node's own and the same for every reader; the counts are the reader's. */
export function catalogRoutes(catalog: () => Catalog, loading: () => boolean): Route[] {
  return [
    route({
      id: "rules.list",
      method: "GET",
      path: "/api/v1/rules",
      summary: "Detection and correlation rules at work, severest first, with what they led to in 30 days",
      needs: "rules:read",
      query: RuleQuery,
      response: RulePage,
      handler: ({ within, query }) => within((work) => listRules(work, catalog(), query)),
    }),
    route({
      id: "rules.faults",
      method: "GET",
      path: "/api/v1/rules/faults",
      summary: "What is wrong in the folders of rules, with file and line",
      needs: "rules:read",
      response: RuleFaults,
      handler: async () => {
        const { faults, loadedAt, rules } = catalog();
        return {
          items: [...faults],
          rules: rules.length,
          loading: loading(),
          ...(loadedAt !== undefined && { loadedAt }),
        };
      },
    }),
    route({
      id: "rules.get",
      method: "GET",
      path: "/api/v1/rules/:id",
      summary: "One rule with the text of its file",
      needs: "rules:read",
      params: z.object({ id: z.string().max(500) }),
      response: RuleDetail,
      handler: ({ within, params }) => within((work) => oneRule(work, catalog(), params.id)),
    }),
  ];
}
