// sockjs-client, forced to one of its transports: `node sockjs.mjs URL TRANSPORT`.
// Lines on standard input are sent; what happens is told on standard output, one JSON array a line.
import { createInterface } from "node:readline";
import SockJS from "sockjs-client";

const [url, transport] = process.argv.slice(2);
const socket = new SockJS(url, null, { transports: [transport], timeout: 10_000 });
const tell = (...what) => process.stdout.write(JSON.stringify(what) + "\n");

socket.onopen = () => tell("open", socket.transport);
socket.onmessage = (event) => tell("message", event.data);
socket.onclose = (event) => {
  tell("close", event.code, event.reason);
  process.exit(0);
};
createInterface({ input: process.stdin })
  .on("line", (line) => socket.send(line))
  .on("close", () => socket.close());
