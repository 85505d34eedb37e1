// The list of documents: files dropped on it are sent, and what moves is fetched anew, as seldom as it may be.
import { buttons, connection, fresh, words } from "./live.js";

const SOON = 700, IDLE = 2500, HIDDEN = 15000, LOST = 3000;
const AT_ONCE = 3;
let timer, asking = false, again = false;

async function look() {
  if (asking) { again = true; return; }
  clearTimeout(timer);
  asking = true;
  const began = performance.now();
  let pause = LOST;
  try {
    const said = document.getElementById("said");
    const query = new URLSearchParams(location.search);
    query.set("cursor", again ? 0 : said.dataset.cursor);
    again = false;
    const answer = await fetch(`/page/documents?${query}`);
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.status);
    if (answer.status === 200) fresh(await answer.text());
    connection(true);
    const moving = document.getElementById("said").dataset.moving;
    // never more than a tenth of a core for one who looks, however slow the answer was
    pause = Math.max(document.hidden ? HIDDEN : moving ? SOON : IDLE, 9 * (performance.now() - began));
  } catch {
    connection(false);
  } finally {
    asking = false;
    timer = setTimeout(look, again ? 0 : pause);
  }
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
buttons(() => { again = true; return look(); });
document.getElementById("only")?.addEventListener("change", (event) => event.target.form.requestSubmit());
timer = setTimeout(look, SOON);

// Sending files.
const list = document.getElementById("sending");
const waiting = [];
let sending = 0;

function collection() {
  const field = document.getElementById("collection");
  return field.reportValidity() ? field.value : null;
}

function send(files) {
  const into = files.length ? collection() : null;
  if (!into) return;
  for (const [file, name] of files) {
    const line = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `${name}, sent`);
    const state = document.createElement("small");
    state.textContent = "waits to be sent";
    line.append(label, bar, state);
    list.append(line);
    waiting.push({ file, name, into, line, bar, state });
  }
  next();
}

function next() {
  while (sending < AT_ONCE && waiting.length) {
    const one = waiting.shift();
    sending += 1;
    transfer(one).finally(() => { sending -= 1; next(); });
  }
}

function transfer({ file, name, into, line, bar, state }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("collection", into);
    form.append("name", name);
    form.append("file", file, file.name);
    state.textContent = "is being sent";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", async () => {
      bar.remove();
      if (request.status === 202) {
        const changed = JSON.parse(request.responseText).changed;
        state.textContent = changed ? "taken" : "was here already, unchanged: nothing to do";
        setTimeout(() => line.remove(), changed ? 1500 : 8000);
        again = true;
        look();
      } else {
        line.className = "failed";
        state.textContent = request.status
          ? await words(new Response(request.responseText || null, { status: request.status }))
          : "The connection broke, or the file can no longer be read. Nothing of it was kept.";
        const close = document.createElement("button");
        close.type = "button";
        close.className = "quiet";
        close.textContent = "Dismiss";
        close.setAttribute("aria-label", `Dismiss ${name}`);
        close.addEventListener("click", () => line.remove());
        line.append(close);
        line.setAttribute("role", "alert");
      }
      resolve();
    });
    request.open("POST", `/api/upload?collection=${encodeURIComponent(into)}`);
    request.send(form);
  });
}

// Files below folders keep their paths; hidden ones are left out, as the inbox does.
async function within(entry, path = "") {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [[file, path + entry.name]];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const one of some) found.push(...(await within(one, `${path}${entry.name}/`)));
  }
}

if (list) {
  let over = 0;
  const shown = (yes) => document.body.classList.toggle("dropping", yes);
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragenter", (event) => { if (hasFiles(event)) { event.preventDefault(); over += 1; shown(true); } });
  document.addEventListener("dragleave", (event) => { if (hasFiles(event)) { over = Math.max(0, over - 1); shown(over > 0); } });
  document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over = 0;
    shown(false);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
    const plain = [...event.dataTransfer.files].map((file) => [file, file.name]);
    send(entries.every(Boolean) ? (await Promise.all(entries.map((entry) => within(entry)))).flat() : plain);
  });
  for (const id of ["files", "folder"]) {
    document.getElementById(id).addEventListener("change", (event) => {
      send([...event.target.files].map((file) => [file, file.webkitRelativePath || file.name])
        .filter(([, name]) => !name.split("/").some((part) => part.startsWith("."))));
      event.target.value = "";
    });
  }
  document.getElementById("drop").addEventListener("submit", (event) => event.preventDefault());
}
