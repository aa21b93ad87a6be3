// What joins the page's parts: the editor with the score and its problems, files, tabs.

import { AbcScore, api, save } from "./score.js";

customElements.define("abc-score", AbcScore);

const PAUSE = 100; // milliseconds without a key before it is drawn again
const LONGEST = 400; // but while keys, or bars of a model, keep coming it is drawn this often
let timer = 0;
let drawn = 0;

const main = () => document.querySelector("#score");
const editor = () => document.querySelector("#abc textarea");

function edited(abc) {
  clearTimeout(timer);
  const draw = () => {
    drawn = Date.now();
    if (main()) main().draw(abc || "");
  };
  if (Date.now() - drawn > LONGEST) draw();
  else timer = setTimeout(draw, PAUSE);
}

function write(abc) {
  const area = editor();
  area.value = abc;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function showTab(name) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    if (tab.textContent.trim() === name) tab.click();
  }
}

function select(line, column) {
  const area = editor();
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, Math.min(start + 1, area.value.length));
  const height = area.scrollHeight / Math.max(1, lines.length);
  area.scrollTop = Math.max(0, (line - 4) * height);
}

function showProblems(problems) {
  const list = document.querySelector("#problems");
  if (!list) return;
  list.replaceChildren(...problems.slice(0, 50).map((problem) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = problem.severity;
    button.textContent = `line ${problem.line}, column ${problem.column}: ${problem.message}`;
    button.title = problem.hint;
    button.addEventListener("click", () => select(problem.line, problem.column));
    item.append(button);
    if (problem.hint) {
      const hint = document.createElement("span");
      hint.textContent = ` ${problem.hint}`;
      item.append(hint);
    }
    return item;
  }));
}

document.addEventListener("drawn", (event) => {
  if (event.target === main()) showProblems(event.detail.problems);
});
document.addEventListener("place", (event) => {
  if (event.target === main()) select(event.detail.line, event.detail.column);
});
document.addEventListener("pick", (event) => {
  showTab("Compose");
  write(event.detail);
  document.querySelector("#score-box").scrollIntoView({ block: "start" });
});

// The user's file, or null where none was chosen.
function chosen(accept) {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = accept;
    input.hidden = true;
    input.addEventListener("change", () => { input.remove(); resolve(input.files[0] || null); });
    input.addEventListener("cancel", () => { input.remove(); resolve(null); });
    document.body.append(input);
    input.click();
  });
}

async function openTune() {
  const file = await chosen(".abc,.txt,.mid,.midi,.musicxml,.xml,.mxl,.krn,.json");
  if (!file) return null;
  try {
    return (await (await api("open", await file.arrayBuffer())).json()).abc;
  } catch (error) {
    main().say(`${file.name}: ${error.message}`, true);
    return null;
  }
}

async function readText() {
  const file = await chosen(".json");
  return file ? file.text() : null;
}

function saveSession(text) {
  if (text) save(new Blob([text], { type: "application/json" }), "chatmusician-session.json");
}

window.chatmusician = { edited, openTune, readText, saveSession, showTab, write };
// The page may have filled the editor before this script was there.
if (editor() && editor().value) edited(editor().value);
