// What pages share: parts put anew without losing focus or place, questions before a step, and requests to the API.

const put = new Map(); // id of a part or row → the markup it was made of

export function fresh(html) {
  const incoming = new DOMParser().parseFromString(`<!doctype html><body>${html}`, "text/html");
  for (const part of incoming.body.children) {
    const present = document.getElementById(part.id);
    if (!present) continue;
    const rows = part.querySelector(":scope > table > tbody");
    const into = present.querySelector(":scope > table > tbody");
    if (rows && into) freshRows(rows, into);
    else replaceIfChanged(present, part);
  }
}

function freshRows(from, into) {
  const wanted = new Set([...from.rows].map((row) => row.id));
  for (const row of [...into.rows]) if (!wanted.has(row.id)) row.remove();
  [...from.rows].forEach((row, at) => {
    let present = document.getElementById(row.id);
    if (!present) {
      into.insertBefore(row.cloneNode(true), into.rows[at] ?? null);
      put.set(row.id, row.outerHTML);
      return;
    }
    present = replaceIfChanged(present, row);
    if (into.rows[at] !== present) into.insertBefore(present, into.rows[at] ?? null);
  });
}

function replaceIfChanged(present, part) {
  const html = part.outerHTML;
  if (put.get(part.id) === html || (!put.has(part.id) && present.outerHTML === html)) return present;
  put.set(part.id, html);
  const focusable = "a, button, input, select, summary";
  const focused = present.contains(document.activeElement)
    ? [...present.querySelectorAll(focusable)].indexOf(document.activeElement) : -1;
  if (part.getAttribute("role") === "status") { // a live region speaks only when it stays and its text changes
    if (present.textContent !== part.textContent) present.textContent = part.textContent;
    for (const { name, value } of part.attributes) present.setAttribute(name, value);
    for (const { name } of [...present.attributes]) if (!part.hasAttribute(name)) present.removeAttribute(name);
    return present;
  }
  const next = document.importNode(part, true);
  present.replaceWith(next);
  if (focused >= 0) next.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
  return next;
}

export async function words(answer) {
  if (answer.status === 401) return "You are no longer signed in. Reload this page.";
  try {
    const problem = await answer.json();
    return problem.detail || problem.title || `The server answered ${answer.status}.`;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

function dialog(title, says, buttons) {
  const box = document.createElement("dialog");
  const head = document.createElement("h2");
  head.textContent = title;
  head.id = "dialog-title";
  box.setAttribute("aria-labelledby", head.id);
  box.append(head);
  for (const line of says) {
    const text = document.createElement("p");
    text.textContent = line;
    box.append(text);
  }
  const row = document.createElement("form");
  row.method = "dialog";
  for (const [value, label, kind] of buttons) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    if (kind) button.className = kind;
    row.append(button);
  }
  box.append(row);
  document.body.append(box);
  return new Promise((resolve) => {
    box.addEventListener("close", () => { const chosen = box.returnValue; box.remove(); resolve(chosen); });
    box.showModal();
  });
}

// Buttons with data-url ask first where they have data-says, then call the API. `done(button, answer)` follows.
export function buttons(done) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-url]");
    if (!button) return;
    const { url, method, title, says, yes, kind, body } = button.dataset;
    if (says && !(await asked(title, says.split("\n"), yes, kind))) return;
    button.disabled = true;
    try {
      const headers = body ? { "content-type": "application/json" } : {};
      const answer = await fetch(url, { method, headers, body });
      if (!answer.ok) await dialog("That did not work", [await words(answer)], [["", "Close", "main"]]);
      else await done(button, await answer.json().catch(() => null));
    } catch {
      await dialog("That did not work", ["Fathom does not answer. `fathom up` starts it."], [["", "Close", "main"]]);
    } finally {
      button.disabled = false;
    }
  });
}

export const asked = async (title, says, yes, kind) => (await dialog(title, says, [["", "Leave it"], ["yes", yes, kind || "main"]])) === "yes";

export const told = (title, lines) => dialog(title, lines, [["", "Close", "main"]]);

// Whether the server answers, in words at the foot of the page; said once a change.
export function connection(well) {
  let line = document.getElementById("lost");
  if (well) { line?.remove(); return; }
  if (line) return;
  line = document.createElement("p");
  line.id = "lost";
  line.setAttribute("role", "alert");
  line.textContent = "Fathom does not answer; this page goes on by itself when it does.";
  document.body.append(line);
}
