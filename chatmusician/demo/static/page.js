// What joins the page's parts: the editor with the score and its problems, files, tabs.

import { AbcListen } from "./listen.js";
import { AbcScore, api, chosen, save } from "./score.js";

customElements.define("abc-score", AbcScore);
customElements.define("abc-listen", AbcListen);

const PAUSE = 100; // milliseconds without a key before it is drawn again
const LARGEST = 2 * 2 ** 20; // bytes of a file with a tune: Limits.upload
const LONGEST = 400; // but while keys, or bars of a model, keep coming it is drawn this often

// An editor, the score that is drawn from it, and the list of what is wrong with it.
class Editor {
  constructor(prefix) {
    this.prefix = prefix;
    this.timer = 0;
    this.drawn = 0;
  }

  get score() { return document.querySelector(`#${this.prefix}score`); }
  get area() { return document.querySelector(`#${this.prefix}abc textarea`); }

  edited(abc) {
    clearTimeout(this.timer);
    const draw = () => {
      this.drawn = Date.now();
      if (this.score) this.score.draw(abc || "");
    };
    if (Date.now() - this.drawn > LONGEST) draw();
    else this.timer = setTimeout(draw, PAUSE);
  }

  write(abc) {
    const { area } = this;
    area.value = abc;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  select(line, column) {
    const { area } = this;
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    area.focus({ preventScroll: true });
    area.setSelectionRange(start, Math.min(start + 1, area.value.length));
    const height = area.scrollHeight / Math.max(1, lines.length);
    area.scrollTop = Math.max(0, (line - 4) * height);
  }

  showProblems(problems) {
    const list = document.querySelector(`#${this.prefix}problems`);
    if (!list) return;
    list.replaceChildren(...problems.slice(0, 50).map((problem) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = problem.severity;
      button.textContent = `line ${problem.line}, column ${problem.column}: ${problem.message}`;
      button.title = problem.hint;
      button.addEventListener("click", () => this.select(problem.line, problem.column));
      item.append(button);
      if (problem.hint) {
        const hint = document.createElement("span");
        hint.textContent = ` ${problem.hint}`;
        item.append(hint);
      }
      return item;
    }));
  }
}

const compose = new Editor("");
const listen = new Editor("heard-");
const editors = [compose, listen];
const editorOf = (score) => editors.find((editor) => editor.score === score);

function edited(abc, prefix) {
  editors.find((editor) => editor.prefix === prefix).edited(abc);
}

function showTab(name) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    if (tab.textContent.trim() === name) tab.click();
  }
}

document.addEventListener("drawn", (event) => {
  const editor = editorOf(event.target);
  if (editor) editor.showProblems(event.detail.problems);
  if (editor === listen) ears().describe(event.target.abc);
});
document.addEventListener("place", (event) => {
  const editor = editorOf(event.target);
  if (editor) editor.select(event.detail.line, event.detail.column);
});
document.addEventListener("pick", (event) => {
  showTab("Compose");
  compose.write(event.detail);
  document.querySelector("#score-box").scrollIntoView({ block: "start" });
});

const ears = () => document.querySelector("abc-listen");
document.addEventListener("heard", (event) => listen.write(event.detail));

async function openTune() {
  const file = await chosen(".abc,.txt,.mid,.midi,.musicxml,.xml,.mxl,.krn,.json");
  if (!file) return null;
  try {
    if (file.size > LARGEST) throw new Error(`A file with a tune has ${LARGEST / 2 ** 20} MB at most.`);
    return (await (await api("open", await file.arrayBuffer())).json()).abc;
  } catch (error) {
    compose.score.say(`${file.name}: ${error.message}`, true);
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

window.chatmusician = {
  edited, openTune, readText, saveSession, showTab,
  heard: () => (ears() ? ears().name : ""),
  openHeard: () => document.dispatchEvent(new CustomEvent("pick", { detail: listen.area.value })),
};
// The page may have filled the editor before this script was there.
if (compose.area && compose.area.value) compose.edited(compose.area.value);
