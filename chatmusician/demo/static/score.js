// <abc-score>: a tune drawn from its ABC, in a shadow tree of its own, with a player and files.
//
// Attributes: player, files, pick (a button that puts the tune into the editor), small.
// The tune is the element's text, or set by draw(). Fires "drawn" with the server's answer,
// "place" with line and column of a note that was clicked, and "pick" with the ABC.

import { player } from "./player.js";

const FORMATS = ["abc", "mid", "musicxml", "pdf", "png", "wav"];
const NAMES = { abc: "ABC", mid: "MIDI", musicxml: "MusicXML", pdf: "PDF", png: "PNG", wav: "WAV" };
const INSTRUMENTS = [
  "acoustic grand piano", "harpsichord", "church organ", "accordion", "acoustic guitar (nylon)",
  "violin", "fiddle", "cello", "orchestral harp", "string ensemble 1", "choir aahs", "trumpet",
  "clarinet", "flute", "recorder", "whistle", "banjo", "bagpipe", "music box",
];
const PX_PER_MM = 96 / 25.4;
const answers = new Map(); // of the tunes drawn last, by width and text

export async function api(path, body, signal) {
  const raw = body instanceof ArrayBuffer;
  let answer;
  try {
    answer = await fetch(`/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": raw ? "application/octet-stream" : "application/json" },
      body: raw ? body : JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The program that serves this page cannot be reached. Is it still running?");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Error([said.error || `The request failed (${answer.status})`, said.hint].filter(Boolean).join(". "));
}

async function scored(abc, width) {
  const key = `${width}\n${abc}`;
  if (answers.has(key)) return answers.get(key);
  const made = await (await api("score", { abc, width })).json();
  answers.set(key, made);
  if (answers.size > 40) answers.delete(answers.keys().next().value);
  return made;
}

// The faces of scores are large: they come with the first score, not with the page.
let dressed = false;
function dress() {
  if (dressed) return;
  dressed = true;
  document.head.append(make("link", { rel: "stylesheet", href: "/own/score-fonts.css" }));
}

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export class AbcScore extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.abc = this.textContent.trim() ? this.textContent : "";
    this.speed = 1;
    this.instrument = "";
    this.build();
    if (this.abc) this.draw(this.abc);
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(this);
  }

  disconnectedCallback() {
    player.left(this);
  }

  build() {
    const root = this.attachShadow({ mode: "open" });
    root.append(make("link", { rel: "stylesheet", href: "/own/score.css" }));
    if (this.hasAttribute("player")) root.append(this.controls());
    this.picture = make("div", { class: "picture", onclick: (event) => this.clicked(event) });
    this.said = make("p", { class: "said", role: "status" });
    root.append(this.picture, this.said);
    if (this.hasAttribute("files")) root.append(this.files());
    if (this.hasAttribute("pick")) {
      const pick = () => this.tell("pick", this.abc);
      root.append(make("button", { type: "button", onclick: pick }, "Open in the editor"));
    }
  }

  controls() {
    this.button = make("button", { type: "button", class: "play", disabled: true,
      onclick: () => player.toggle(this) }, "Play");
    this.seek = make("input", { type: "range", min: 0, max: 1, step: "any", value: 0,
      "aria-label": "Position", oninput: () => player.seek(this, Number(this.seek.value)) });
    this.time = make("span", { class: "time" }, "0:00");
    const percent = make("output", {}, "100 %");
    const tempo = make("input", { type: "range", min: 50, max: 150, step: 5, value: 100,
      "aria-label": "Tempo in percent",
      oninput: () => { percent.textContent = `${tempo.value} %`; },
      onchange: () => { this.speed = tempo.value / 100; player.changed(this); } });
    const choice = make("select", { "aria-label": "Instrument",
      onchange: () => { this.instrument = choice.value; player.changed(this); } },
      make("option", { value: "" }, "as the tune says"),
      ...INSTRUMENTS.map((name) => make("option", { value: name }, name)));
    return make("div", { class: "player" }, this.button, this.seek, this.time,
      make("label", {}, "Tempo ", tempo, percent), make("label", {}, "Instrument ", choice));
  }

  files() {
    const buttons = FORMATS.map((format) => make("button", { type: "button", class: "file",
      "data-format": format, onclick: () => this.download(format) }, NAMES[format]));
    return make("div", { class: "files", role: "group", "aria-label": "Download" },
      make("span", {}, "Download"), ...buttons);
  }

  // Of texts that come faster than they can be drawn only the newest is drawn.
  async draw(abc) {
    this.abc = abc;
    if (this.drawing) return;
    this.drawing = true;
    try {
      let done = null;
      while (done !== this.abc) {
        done = this.abc;
        await this.once(done);
      }
    } finally {
      this.drawing = false;
    }
  }

  async once(abc) {
    this.width = this.wanted();
    if (!abc.trim()) return this.empty();
    try {
      this.show(await scored(abc, this.width));
    } catch (error) {
      this.say(error.message, true);
    }
  }

  wanted() {
    const room = this.picture.clientWidth || 700;
    const scale = this.hasAttribute("small") ? 0.6 : 1;
    return Math.round(Math.min(300, Math.max(70, room / PX_PER_MM / scale - 2)));
  }

  resized() {
    if (!this.abc || !this.picture.clientWidth || this.drawing) return;
    if (Math.abs(this.wanted() - this.width) > 0.1 * this.width) this.draw(this.abc);
  }

  empty() {
    this.score = null;
    this.picture.replaceChildren();
    this.say("");
    if (this.button) this.button.disabled = true;
    this.tell("drawn", { problems: [], remarks: [] });
  }

  show(made) {
    this.score = made;
    if (made.svg) {
      dress();
      const svg = new DOMParser().parseFromString(made.svg, "image/svg+xml").documentElement;
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", `Score: ${made.title || "untitled"}, ${made.bars} bars`);
      this.picture.replaceChildren(document.importNode(svg, true));
    }
    this.picture.classList.toggle("old", !made.svg);
    this.notes = new Map();
    for (const node of this.picture.querySelectorAll("[data-abc-start]")) {
      const found = /^e(\d+)(-\d+)?$/.exec(node.id);
      if (found) this.notes.set(+found[1], [...(this.notes.get(+found[1]) || []), node]);
    }
    this.say(made.remarks.join(" "), !made.svg);
    if (this.button) {
      this.button.disabled = !made.lit.length;
      player.redrawn(this);
    }
    this.tell("drawn", made);
  }

  light(elements) {
    for (const node of this.picture.querySelectorAll(".on")) node.classList.remove("on");
    for (const element of elements) {
      for (const node of (this.notes && this.notes.get(element)) || []) node.classList.add("on");
    }
  }

  clicked(event) {
    const note = event.target.closest("[data-abc-line]");
    if (note) this.tell("place", { line: +note.dataset.abcLine, column: +note.dataset.abcColumn });
  }

  async download(format) {
    this.say(`Making the ${NAMES[format]} file …`);
    try {
      const answer = await api("render",
        { abc: this.abc, format, speed: this.speed, instrument: this.instrument });
      const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
      save(await answer.blob(), named ? named[1] : `tune.${format}`);
      this.say("");
    } catch (error) {
      this.say(error.message, true);
    }
  }

  say(text, wrong = false) {
    this.said.textContent = text;
    this.said.classList.toggle("wrong", wrong && Boolean(text));
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// The user's file, or null where none was chosen.
export function chosen(accept) {
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
