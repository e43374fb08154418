// The package `eventsource`, unmodified: `node eventsource.mjs URL TOKEN`. It comes back by itself.
import { createInterface } from "node:readline";
import { EventSource } from "eventsource";

const [url, token] = process.argv.slice(2);
const tell = (...what) => process.stdout.write(JSON.stringify(what) + "\n");
const source = new EventSource(url, {
  fetch: (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }),
});
source.onopen = () => tell("open");
source.onmessage = (event) => tell("message", event.lastEventId, event.data);
source.addEventListener("gap", (event) => tell("gap", event.lastEventId, event.data));
source.onerror = (event) => tell("error", event.code ?? null);
createInterface({ input: process.stdin }).on("close", () => process.exit(0));
