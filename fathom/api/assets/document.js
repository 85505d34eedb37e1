// One document: its stream keeps the log growing and says when the rest is worth fetching anew; facts light up their sentence.
import { buttons, connection, fresh, told, words } from "./live.js";

const head = () => document.getElementById("head");
const log = document.getElementById("log");

async function part(url) {
  const answer = await fetch(url);
  if (answer.status === 401) { location.reload(); return; }
  if (answer.ok) fresh(await answer.text());
}

const CHUNKS = document.getElementById("chunks").dataset.url + location.search;
const CHECKS = document.getElementById("checks").dataset.url;
const GRAPH = document.getElementById("graph").dataset.url;
const PICTURE = document.getElementById("picture").dataset.url;
const STATUS = CHUNKS.replace("/page/chunks/", "/page/document/").split("?")[0];
let written = head().dataset.written;

// At most one request of a kind at a time, and one more after it if something happened meanwhile.
function calmly(work, atLeast) {
  let running = false, asked = false;
  return async function ask() {
    if (running) { asked = true; return; }
    running = true;
    try { await work(); } catch { /* the stream says when the server is away */ }
    setTimeout(() => { running = false; if (asked) { asked = false; ask(); } }, atLeast);
  };
}

let sought = location.hash.startsWith("#chunk-") ? location.hash.slice(1) : null;
const lookChunks = calmly(async () => {
  await part(CHUNKS);
  relight();
  const chunk = sought && document.getElementById(sought);
  if (chunk) { chunk.scrollIntoView(); sought = null; }
}, 2000);
const lookChecks = calmly(() => part(CHECKS), 2000);
const lookGraph = calmly(() => part(GRAPH), 5000);
const lookPicture = calmly(() => part(PICTURE), 5000);
const lookStatus = calmly(async () => {
  await part(STATUS);
  if (head().dataset.written !== written) { written = head().dataset.written; lookChunks(); lookGraph(); }
}, 400);

// The log.
const LEVELS = ["debug", "info", "warning", "error"];
const MOST = 5000;
const filter = document.getElementById("log-filter");
let first = Number(log.dataset.cursor);

function line(entry) {
  const row = document.createElement("li");
  row.dataset.stage = entry.stage ?? "";
  row.dataset.level = LEVELS.indexOf(entry.level);
  row.dataset.cursor = entry.cursor;
  row.className = entry.level;
  const figures = Object.entries(entry.metrics ?? {}).map(([name, value]) => `${name}=${value}`).join("  ");
  const cells = [
    ["time", new Date(entry.timestamp).toISOString().slice(11, 23)],
    ["level", entry.level === "info" ? "" : entry.level],
    ["stage", [entry.stage, entry.sub_stage].filter(Boolean).join("/")],
    ["message", entry.message],
    ["data", figures],
  ];
  for (const [name, text] of cells) {
    const cell = document.createElement("span");
    cell.className = name;
    cell.textContent = text;
    row.append(cell);
  }
  row.firstChild.title = entry.timestamp;
  row.hidden = !wanted(row);
  return row;
}

function wanted(row) {
  const { stage, level, text } = filter.elements;
  return (!stage.value || row.dataset.stage === stage.value) && Number(row.dataset.level) >= Number(level.value)
    && (!text.value || row.textContent.toLowerCase().includes(text.value.toLowerCase()));
}

function counted() {
  const hidden = log.querySelectorAll("li[hidden]").length;
  document.getElementById("lines").textContent = `${log.children.length - hidden} of ${log.children.length} lines`;
}

let queue = [];
function append(entry) {
  queue.push(entry);
  if (queue.length === 1) requestAnimationFrame(() => {
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(...queue.map(line));
    queue = [];
    while (log.children.length > MOST) log.firstChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
    counted();
  });
}

filter.addEventListener("input", () => { for (const row of log.children) row.hidden = !wanted(row); counted(); });
filter.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("earlier").addEventListener("click", async (event) => {
  const lines = [];
  for (let cursor = 0; cursor !== null;) {
    const answer = await fetch(`${log.dataset.logs}?limit=1000&cursor=${cursor}`);
    if (!answer.ok) { await told("That did not work", [await words(answer)]); return; }
    const page = await answer.json();
    lines.push(...page.lines.filter((one) => one.cursor <= first));
    cursor = page.next !== null && page.next < first ? page.next : null;
  }
  log.prepend(...lines.map(line));
  first = 0;
  event.target.hidden = true;
  counted();
});

// The stream.
let stream, seen = first;
function follow() {
  stream?.close();
  stream = new EventSource(log.dataset.stream.replace(/cursor=\d+/, `cursor=${seen}`));
  stream.addEventListener("open", () => { connection(true); });
  stream.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    seen = Math.max(seen, message.cursor ?? 0);
    if (message.type === "log") append(message);
    if (message.event === "docling.complete" && head().dataset.over === undefined) lookPicture();
    if (message.type === "missed") follow();
    if (message.type === "status") lookStatus();
    if (message.type === "complete") {
      stream.close();
      lookStatus();
      lookChunks();
      lookGraph();
      lookPicture();
      lookChecks();
    }
  });
  stream.addEventListener("error", () => {
    connection(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(again, 3000);
  });
}

async function again() {
  try {
    const answer = await fetch(STATUS);
    if (answer.status === 401 || answer.status === 404) { location.reload(); return; }
    if (answer.ok) { fresh(await answer.text()); connection(true); follow(); return; }
  } catch { /* still away */ }
  setTimeout(again, 3000);
}

buttons(async (button, answer) => {
  if (button.dataset.method === "DELETE") {
    stream?.close();
    const file = answer.file_removed ? "Its file in the inbox was deleted." : "Its file was no longer in the inbox.";
    await told("It is removed", [
      `${answer.document} is gone: ${answer.episodes_removed} chunks were taken out of the graph, ${answer.artifacts_removed} `
        + `artifacts and ${answer.answers_removed} answers of the language model were deleted. ${file}`,
      ...(answer.attachments.length ? [`What came with it stays, until it is removed as well: ${answer.attachments.join(", ")}.`] : []),
      `Receipt ${answer.id}, by ${answer.removed_by}, ${new Date(answer.removed_at * 1000).toISOString()}.`,
    ]);
    location.href = "/";
    return;
  }
  await part(STATUS);
  follow();
});

// Facts and entities: where they are said.
let lit = null;
function light(name) {
  lit = name;
  for (const one of document.querySelectorAll("[data-in].lit")) one.classList.remove("lit");
  for (const one of document.querySelectorAll("[data-lights]")) one.setAttribute("aria-pressed", String(one.dataset.lights === name));
  const found = name ? [...document.querySelectorAll("[data-in]")].filter((one) => one.dataset.in.split(" ").includes(name)) : [];
  for (const one of found) one.classList.add("lit");
  return found;
}
function relight() { if (lit) light(lit); }
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-lights]");
  if (!button) return;
  const found = light(button.dataset.lights === lit ? null : button.dataset.lights);
  const still = !matchMedia("(prefers-reduced-motion: no-preference)").matches;
  found[0]?.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && lit) light(null); });

lookChunks();
lookGraph();
lookPicture();
lookChecks();
follow();
