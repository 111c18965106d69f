/** Inserts batches from `first` on and prints the number of each once it is acknowledged, until it is killed. */
import { createLog } from "../../log/log.ts";
import { openEvents } from "../open.ts";
import { batchOf, KEPT } from "./kept-table.ts";

const [folder = "", first = "0"] = process.argv.slice(2);
const store = await openEvents({ url: "chdb", folder, log: createLog({ level: "silent" }) });
await store.createTable(KEPT);
for (let number = Number(first); ; number++) {
  await store.insert(batchOf(number));
  process.stdout.write(`${number}\n`);
}
