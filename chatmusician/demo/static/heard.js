// What was heard, against time: the waveform, the notes below it, bar lines and beats through both.
// Only the part that is in sight is painted, so that ten minutes are as quick as one.

import { make } from "./score.js";

const WAVE = 64; // pixels high
const NOTES = 200;
const TOP = 16; // for the numbers of the bars
const HEIGHT = TOP + WAVE + NOTES;
const SCALES = [15, 30, 60, 120, 240]; // pixels a second
const DOUBTFUL = 0.5;

export class HeardView {
  constructor(audio) {
    this.audio = audio;
    this.scale = 60;
    this.canvas = make("canvas", {});
    this.room = make("div", { class: "room" }, this.canvas);
    this.scroller = make("div", { class: "scroller", tabindex: 0, role: "img",
      onscroll: () => this.paint(), onclick: (event) => this.seek(event) }, this.room);
    const zoom = (step, label, text) =>
      make("button", { type: "button", "aria-label": label, onclick: () => this.zoom(step) }, text);
    this.element = make("div", { class: "heard", hidden: true },
      make("div", { class: "controls" }, zoom(-1, "Show more of it", "−"), zoom(1, "Show it larger", "+"),
        make("span", { class: "legend" }, "Bars with their numbers, beats dotted; notes the fainter, and bars the yellower, the less sure.")),
      this.scroller);
    new ResizeObserver(() => this.paint()).observe(this.scroller);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    audio.addEventListener("play", () => this.follow());
    audio.addEventListener("seeked", () => this.paint());
  }

  show(made) {
    this.made = made;
    const pitches = made.notes.map((note) => note[2]);
    this.low = Math.min(...pitches) - 2;
    this.high = Math.max(...pitches) + 2;
    this.element.hidden = false;
    this.scroller.scrollLeft = 0;
    this.scroller.setAttribute("aria-label",
      `What was heard: ${made.bars.length} bars, ${made.beats.length} beats, ${made.notes.length} notes`);
    this.paint();
  }

  zoom(step) {
    const at = (this.scroller.scrollLeft + this.scroller.clientWidth / 2) / this.scale;
    const found = SCALES.indexOf(this.scale) + step;
    this.scale = SCALES[Math.max(0, Math.min(SCALES.length - 1, found))];
    this.paint();
    this.scroller.scrollLeft = at * this.scale - this.scroller.clientWidth / 2;
  }

  seek(event) {
    if (this.audio.hidden || !this.made) return;
    const x = event.clientX - this.scroller.getBoundingClientRect().left + this.scroller.scrollLeft;
    this.audio.currentTime = Math.min(x / this.scale, this.made.seconds);
  }

  follow() {
    if (this.audio.paused) return;
    const at = this.audio.currentTime * this.scale - this.scroller.scrollLeft;
    if (at < 0 || at > this.scroller.clientWidth) this.scroller.scrollLeft += at - 20;
    this.paint();
    requestAnimationFrame(() => this.follow());
  }

  paint() {
    const wide = this.scroller.clientWidth;
    if (!this.made || !wide) return;
    const sharp = devicePixelRatio || 1;
    this.room.style.width = `${Math.max(wide, this.made.seconds * this.scale)}px`;
    const { canvas } = this;
    const size = [Math.round(wide * sharp), Math.round(HEIGHT * sharp)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
      canvas.style.width = `${wide}px`;
      canvas.style.height = `${HEIGHT}px`;
    }
    this.pen = canvas.getContext("2d");
    this.pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.pen.clearRect(0, 0, wide, HEIGHT);
    this.colours = getComputedStyle(this.scroller);
    this.left = this.scroller.scrollLeft;
    this.wide = wide;
    this.paintBars();
    this.paintWave();
    this.paintNotes();
    if (!this.audio.hidden) this.line(this.audio.currentTime, "--lit", [], 2);
  }

  colour(name) {
    return this.colours.getPropertyValue(name).trim() || "gray";
  }

  x(seconds) {
    return seconds * this.scale - this.left;
  }

  seen(from, to) {
    return this.x(to) >= 0 && this.x(from) <= this.wide;
  }

  line(seconds, name, dashes = [], width = 1) {
    this.pen.strokeStyle = this.colour(name);
    this.pen.lineWidth = width;
    this.pen.setLineDash(dashes);
    this.pen.beginPath();
    this.pen.moveTo(this.x(seconds), TOP);
    this.pen.lineTo(this.x(seconds), HEIGHT);
    this.pen.stroke();
  }

  paintBars() {
    this.pen.font = "12px system-ui, sans-serif";
    let free = -Infinity;
    for (const [number, start, end, sure] of this.made.bars) {
      if (!this.seen(start, end)) continue;
      if (sure < DOUBTFUL) {
        this.pen.fillStyle = this.colour("--doubt");
        this.pen.fillRect(this.x(start), TOP, (end - start) * this.scale, HEIGHT - TOP);
      }
      this.line(start, "--bar");
      if (this.x(start) < free) continue;
      this.pen.fillStyle = this.colour("--body-text-color");
      this.pen.fillText(number, this.x(start) + 2, TOP - 4);
      free = this.x(start) + 26;
    }
    for (const [time, number] of this.made.beats) {
      if (number !== 1 && this.seen(time, time)) this.line(time, "--beat", [2, 4]);
    }
  }

  paintWave() {
    const { wave, seconds } = this.made;
    if (!wave.length) return;
    this.pen.fillStyle = this.colour("--wave");
    const step = (seconds / wave.length) * this.scale;
    const loudest = Math.max(...wave, 0.01);
    const first = Math.max(0, Math.floor(this.left / step));
    const last = Math.min(wave.length, Math.ceil((this.left + this.wide) / step));
    for (let at = first; at < last; at += 1) {
      const high = Math.max(1, (wave[at] / loudest) * (WAVE - 4));
      this.pen.fillRect(at * step - this.left, TOP + (WAVE - high) / 2, Math.max(1, step - 0.2), high);
    }
  }

  paintNotes() {
    const row = NOTES / (this.high - this.low + 1);
    this.pen.fillStyle = this.colour("--note");
    for (const [start, end, pitch, sure] of this.made.notes) {
      if (!this.seen(start, end)) continue;
      this.pen.globalAlpha = 0.3 + 0.7 * Math.min(1, sure);
      const y = TOP + WAVE + (this.high - pitch) * row;
      this.pen.fillRect(this.x(start), y, Math.max(2, (end - start) * this.scale - 1), Math.max(2, row - 1));
    }
    this.pen.globalAlpha = 1;
  }
}
