// <abc-listen>: opens or records music, has it written down, and shows what was heard.
//
// Attributes: most (bytes of a recording), longest (seconds). Fires "heard" with the ABC.

import { HeardView } from "./heard.js";
import { record } from "./record.js";
import { api, chosen, clock, make } from "./score.js";

const SOUNDS = "audio/*,video/mp4,video/webm,.wav,.flac,.ogg,.mp3,.m4a,.mid,.midi";
const OPTIONS = [
  ["meter", "Meter", "6/8", "text"],
  ["key", "Key", "D, Em, Ador", "text"],
  ["tempo", "Beats a minute", "110", "number"],
];

export class AbcListen extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.name = "";
    const root = this.attachShadow({ mode: "open" });
    this.said = make("p", { class: "said", role: "status" });
    this.audio = make("audio", { controls: true, hidden: true, "aria-label": "The recording" });
    this.view = new HeardView(this.audio);
    this.facts = make("div", { class: "facts" });
    root.append(make("link", { rel: "stylesheet", href: "/own/score.css" }),
      make("link", { rel: "stylesheet", href: "/own/listen.css" }),
      this.controls(), this.options(), this.said, this.audio, this.view.element, this.facts);
  }

  disconnectedCallback() {
    this.cancel();
  }

  controls() {
    const button = (text, act, name) =>
      make("button", { type: "button", class: name, onclick: act }, text);
    this.opening = button("Open a recording", () => this.open(), "primary open");
    this.recording = button("Record", () => this.record(), "record");
    this.stopping = button("Cancel", () => this.cancel(), "cancel");
    this.stopping.disabled = true;
    return make("div", { class: "controls" }, this.opening, this.recording, this.stopping);
  }

  options() {
    this.voice = make("input", { type: "checkbox" });
    this.fields = new Map();
    const fields = OPTIONS.map(([name, label, example, type]) => {
      const field = make("input", { type, placeholder: example, maxlength: 20, name });
      this.fields.set(name, field);
      return make("label", {}, `${label} `, field);
    });
    return make("div", { class: "options" },
      make("label", {}, this.voice, " One voice alone: singing, humming, one instrument"),
      make("details", {}, make("summary", {}, "What is known of it"), ...fields));
  }

  async open() {
    const file = await chosen(SOUNDS);
    if (file) this.hear(file, file.name.replace(/\.[^.]*$/, "").replaceAll("_", " "));
  }

  async record() {
    if (this.recorder) {
      this.recorder.stop();
      return;
    }
    try {
      this.recorder = await record(Number(this.getAttribute("longest")), (seconds) =>
        this.say(`Recording: ${clock(seconds)}`));
      this.recording.textContent = "Stop recording";
      this.stopping.disabled = false;
      this.opening.disabled = true;
      const sound = await this.recorder.sound;
      if (sound) await this.hear(sound, "");
    } catch (error) {
      this.say(error.message, true);
    } finally {
      this.recorder = null;
      this.recording.textContent = "Record";
      this.opening.disabled = false;
      if (!this.running) this.stopping.disabled = true;
    }
  }

  cancel() {
    if (this.recorder) this.recorder.drop();
    if (this.running) this.running.abort();
    if (this.recorder || this.running) this.say("Cancelled.");
  }

  async hear(file, title) {
    if (this.running) this.running.abort();
    const most = Number(this.getAttribute("most"));
    if (file.size > most) {
      this.say(`A recording has ${most / 2 ** 20} MB at most; this one has ${Math.ceil(file.size / 2 ** 20)}.`, true);
      return;
    }
    const running = new AbortController();
    this.running = running;
    this.stopping.disabled = false;
    this.say("Listening …");
    try {
      const made = await this.transcribed(file, title, running.signal);
      this.show(made, file);
    } catch (error) {
      if (error.name !== "AbortError") this.say(error.message, true);
    } finally {
      if (this.running === running) {
        this.running = null;
        this.stopping.disabled = true;
      }
    }
  }

  async transcribed(file, title, signal) {
    const known = new URLSearchParams({ voice: this.voice.checked });
    const given = [["title", title], ...[...this.fields].map(([name, field]) => [name, field.value])];
    for (const [name, value] of given) if (value.trim()) known.set(name, value.trim().slice(0, 200));
    const answer = await api(`transcribe/stream?${known}`, await file.arrayBuffer(), signal);
    const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await lines.read();
      if (done) throw new Error("The program that serves this page stopped in the middle of it.");
      const pieces = (rest + value).split("\n");
      rest = pieces.pop();
      for (const line of pieces.filter(Boolean)) {
        const told = JSON.parse(line);
        if (told.result) return told.result;
        if (told.error) throw new Error([told.error, told.hint].filter(Boolean).join(". "));
        this.told(told);
      }
    }
  }

  told(told) {
    if (told.waiting) this.say(`Waiting: ${told.waiting} before you.`);
    if (told.heard) this.say(`Listening: ${clock(told.heard)}${told.of ? ` of ${clock(told.of)}` : ""} heard.`);
  }

  show(made, file) {
    this.name = made.heard;
    this.abc = made.abc;
    if (this.audio.src) URL.revokeObjectURL(this.audio.src);
    const sound = made.kind === "audio";
    this.audio.hidden = !sound;
    if (sound) this.audio.src = URL.createObjectURL(file);
    else this.audio.removeAttribute("src");
    this.view.show(made);
    this.say([`${made.notes.length} notes and ${made.bars.length} bars in ${clock(made.seconds)}.`,
      ...made.remarks.map((remark) => `${remark}.`)].join(" "));
    this.tell(made);
    this.dispatchEvent(new CustomEvent("heard", { detail: made.abc, bubbles: true, composed: true }));
  }

  // The facts of what stands in the editor now.
  async describe(abc) {
    if (!abc.trim() || abc.trim() === (this.described || "").trim()) return;
    this.described = abc;
    try {
      const made = await (await api("describe", { abc, heard: this.name })).json();
      if (this.described === abc) this.tell(made);
    } catch {
      if (this.described === abc) this.facts.replaceChildren(); // what is wrong is said at the score
    }
  }

  tell(made) {
    if (made.abc) this.described = made.abc;
    const rows = made.said.map((fact) => make("tr", {}, make("th", { scope: "row" }, fact.name),
      make("td", {}, fact.value),
      make("td", { class: "how" }, `${fact.method}, ${Math.round(100 * fact.confidence)} % sure`)));
    this.facts.replaceChildren(make("h3", {}, "Facts"), make("p", {}, made.caption),
      make("table", {}, make("tbody", {}, ...rows)));
  }

  say(text, wrong = false) {
    this.said.textContent = text.charAt(0).toUpperCase() + text.slice(1);
    this.said.classList.toggle("wrong", wrong);
  }
}
