// One <audio> for the whole page, and the notes of the score it plays lit as they sound.

import { api, clock } from "./score.js";

class Player {
  constructor() {
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.owner = null;
    this.made = ""; // what the sound was made from
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.addEventListener("pause", () => this.button("Play"));
    this.audio.addEventListener("play", () => this.button("Pause"));
  }

  button(text) {
    if (this.owner) this.owner.button.textContent = text;
  }

  async toggle(score) {
    if (score.button.hasAttribute("aria-busy")) return;
    if (this.owner === score && !this.audio.paused) {
      this.audio.pause();
      return;
    }
    await this.play(score, this.owner === score ? this.position() : Number(score.seek.value) * score.score.seconds);
  }

  // From a moment of the tune, in seconds at its own tempo.
  async play(score, from = 0) {
    if (this.owner && this.owner !== score) this.stop();
    this.owner = score;
    const made = JSON.stringify([score.abc, score.speed, score.instrument]);
    score.button.setAttribute("aria-busy", "true"); // disabled, it would lose the focus
    try {
      if (made !== this.made) {
        const answer = await api("render",
          { abc: score.abc, format: "wav", speed: score.speed, instrument: score.instrument });
        const blob = await answer.blob();
        if (this.owner !== score) return;
        if (this.audio.src) URL.revokeObjectURL(this.audio.src);
        this.audio.src = URL.createObjectURL(blob);
        this.made = made;
        this.speed = score.speed;
      }
      this.audio.currentTime = Math.min(from, score.score.seconds) / this.speed;
      await this.audio.play();
      score.say("");
      this.follow();
    } catch (error) {
      score.say(error.name === "NotAllowedError" ? "Press Play again to hear it." : error.message, true);
    } finally {
      score.button.removeAttribute("aria-busy");
    }
  }

  position() {
    return this.audio.currentTime * (this.speed || 1);
  }

  follow() {
    if (!this.owner || this.audio.paused) return;
    this.look();
    requestAnimationFrame(() => this.follow());
  }

  look() {
    const { score } = this.owner;
    const now = this.position();
    this.owner.light(score.lit.filter((lit) => lit.start <= now && now < lit.end).map((lit) => lit.element));
    this.owner.seek.value = score.seconds ? now / score.seconds : 0;
    this.owner.time.textContent = clock(now / this.speed);
  }

  seek(score, share) {
    if (this.owner !== score || !this.audio.src) {
      score.time.textContent = clock(share * (score.score ? score.score.seconds : 0));
      return;
    }
    this.audio.currentTime = share * score.score.seconds / this.speed;
    this.look();
  }

  // Tempo or instrument: what sounds goes on from the same place.
  changed(score) {
    if (this.owner === score && !this.audio.paused) {
      const at = this.position();
      this.audio.pause();
      this.play(score, at);
    }
  }

  redrawn(score) {
    if (this.owner !== score) return;
    const made = JSON.stringify([score.abc, score.speed, score.instrument]);
    if (made !== this.made) this.stop();
  }

  stop() {
    this.audio.pause();
    if (!this.owner) return;
    this.owner.light([]);
    this.owner.seek.value = 0;
    this.owner.time.textContent = "0:00";
    this.button("Play");
    this.owner = null;
  }

  left(score) {
    if (this.owner === score) this.stop();
  }
}

export const player = new Player();
