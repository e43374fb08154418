// One of the field's STOMP clients, unmodified: `node stomp.mjs CLIENT CARRIER URL TOKEN`.
// CLIENT is stompjs7, stompjs2 or webstomp; CARRIER is websocket, or sockjs/TRANSPORT.
// Each line on standard input is a JSON command; what happens is told on standard output, one JSON
// array a line.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Client } from "@stomp/stompjs";
import SockJS from "sockjs-client";
import { WebSocket } from "ws";

const require = createRequire(import.meta.url);
const legacy = require("stompjs");
const webstomp = require("webstomp-client");

const [kind, carrier, url, token] = process.argv.slice(2);
const sign_in = { Authorization: `Bearer ${token}` };
const tell = (...what) => process.stdout.write(JSON.stringify(what) + "\n");
const messages = [];

function socket(protocols) {
  if (carrier === "websocket") return new WebSocket(url.replace(/^http/, "ws"), protocols);
  return new SockJS(url, null, { transports: [carrier.replace("sockjs/", "")] });
}

function heard(message) {
  messages.push(message);
  tell("message", message.headers, message.body);
}

// The adapters are no longer than what the clients differ in.
const adapters = {
  stompjs7() {
    const client = new Client({
      webSocketFactory: () => socket(["v12.stomp", "v11.stomp", "v10.stomp"]),
      connectHeaders: sign_in,
      reconnectDelay: 0,
      onConnect: (frame) => tell("connected", frame.headers),
      onStompError: (frame) => tell("error", frame.headers),
      onUnhandledReceipt: (frame) => tell("receipt", frame.headers),
      onWebSocketClose: (event) => tell("close", event.code),
    });
    client.activate();
    return {
      subscribe: (destination, headers) => client.subscribe(destination, heard, headers),
      send: (destination, headers, body) => client.publish({ destination, headers, body }),
      disconnect: () => client.deactivate().then(() => tell("disconnected")),
    };
  },

  stompjs2() {
    const client = legacy.over(socket(["v10.stomp", "v11.stomp"]));
    return classic(client, (to, headers, body) => client.send(to, headers, body));
  },

  webstomp() {
    const client = webstomp.over(socket(["v10.stomp", "v11.stomp", "v12.stomp"]), { debug: false });
    return classic(client, (to, headers, body) => client.send(to, body, headers));
  },
};

function classic(client, send) {
  client.debug = () => {};
  client.onreceipt = (frame) => tell("receipt", frame.headers);
  client.connect(
    sign_in,
    (frame) => tell("connected", frame.headers),
    (fault) => (fault.headers ? tell("error", fault.headers) : tell("close", fault.code ?? 0)),
  );
  return {
    subscribe: (destination, headers) => client.subscribe(destination, heard, headers),
    send,
    disconnect: () => client.disconnect(() => tell("disconnected")),
  };
}

const client = adapters[kind]();
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const asked = JSON.parse(line);
    if (asked.do === "ack") messages[asked.index].ack(asked.headers);
    else client[asked.do](asked.destination, asked.headers, asked.body);
  })
  .on("close", () => process.exit(0));
