import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Figures of the running node in Prometheus' text form. Names begin with `lianfang_`. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, labels?: readonly string[], buckets?: number[]): Histogram;
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "lianfang_" });
  const made = new Map<string, Counter | Gauge | Histogram>();
  const once = <M extends Counter | Gauge | Histogram>(name: string, make: () => M): M => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    return known as M;
  };
  return {
    counter: (name, help, labels = []) =>
      once(
        name,
        () => new Counter({ name: `lianfang_${name}`, help, labelNames: [...labels], registers: [registry] }),
      ),
    gauge: (name, help, labels = []) =>
      once(
        name,
        () => new Gauge({ name: `lianfang_${name}`, help, labelNames: [...labels], registers: [registry] }),
      ),
    histogram: (name, help, labels = [], buckets = [0.005, 0.02, 0.1, 0.5, 2, 10]) =>
      once(
        name,
        () =>
          new Histogram({
            name: `lianfang_${name}`,
            help,
            labelNames: [...labels],
            buckets,
            registers: [registry],
          }),
      ),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
