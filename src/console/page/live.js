// One row a message and ear, one column a step; fed by server-sent events, set as text.
const STEPS = ["received", "admitted", "stored", "claimed", "opened", "decided", "replied", "parked"];
const MOST_ROWS = 200;

const rows = new Map();
const body = document.getElementById("messages");
const connection = document.getElementById("connection");
document.getElementById("columns").append(...["message", "ear", ...STEPS].map((name) => cell("th", name)));

let refusals = 0;
let seen = new Set();

const events = new EventSource("/events");
events.onopen = () => {
  connection.textContent = "connected";
};
events.onerror = () => {
  connection.textContent = "not connected, trying again";
};
events.addEventListener("trace", ({ data }) => {
  // After a reconnect the server sends its latest again.
  if (seen.has(data)) return;
  seen.add(data);
  if (seen.size > 5000) seen = new Set([...seen].slice(-2000));
  show(JSON.parse(data));
});

function show(trace) {
  document.getElementById("empty").hidden = true;
  const row = findRow(trace);
  const place = row.cells[STEPS.indexOf(trace.step)];
  const words = [`+${Date.parse(trace.at) - row.firstAt}`];
  if (trace.result !== "ok") words.push(trace.result);
  // The rule stands under `decided` already.
  words.push(...[trace.code, trace.step === "replied" ? trace.action : trace.rule].filter(Boolean));
  place.textContent = place.textContent ? `${place.textContent}, ${words.join(" ")}` : words.join(" ");
  place.className = trace.result;
}

function findRow(trace) {
  const { message, change, ear, at } = trace;
  // A refused item says of itself what nobody checked, so it has a row of its own.
  const key = message
    ? `${message.conversationId} ${message.replyToId ?? ""} ${message.messageId} ${change ?? ""} ${ear}`
    : `refused ${++refusals}`;
  const known = rows.get(key);
  if (known) return known;
  const element = document.createElement("tr");
  const cells = STEPS.map(() => cell("td", ""));
  const name = [message?.messageId ?? "—", change].filter(Boolean).join(" ");
  element.append(cell("td", name), cell("td", ear), ...cells);
  body.prepend(element);
  const row = { element, cells, firstAt: Date.parse(at) };
  rows.set(key, row);
  if (rows.size > MOST_ROWS) {
    const [oldest, { element: gone }] = rows.entries().next().value;
    gone.remove();
    rows.delete(oldest);
  }
  return row;
}

function cell(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}
