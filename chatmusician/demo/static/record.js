// The microphone, as a WAV file: mono, at the rate that what listens works with.

const RATE = 22_050;

// Resolves when it records; `sound` then resolves to a Blob, or to null when it was dropped.
export async function record(longest, tell) {
  if (!navigator.mediaDevices) {
    throw new Error("This browser gives a microphone only to pages on this machine (127.0.0.1) or over HTTPS.");
  }
  const input = await microphone();
  const recorder = new MediaRecorder(input);
  const pieces = [];
  let dropped = false;
  const begun = Date.now();
  const timer = setInterval(() => {
    const seconds = (Date.now() - begun) / 1000;
    tell(seconds);
    if (seconds >= longest && recorder.state !== "inactive") recorder.stop();
  }, 200);
  const sound = new Promise((resolve, reject) => {
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      clearInterval(timer);
      for (const track of input.getTracks()) track.stop();
      if (dropped) resolve(null);
      else wav(new Blob(pieces)).then(resolve, () => reject(new Error("Nothing was recorded.")));
    });
  });
  recorder.start();
  const stop = () => { if (recorder.state !== "inactive") recorder.stop(); };
  return { sound, stop, drop: () => { dropped = true; stop(); } };
}

async function microphone() {
  try {
    // What makes speech clearer makes music worse.
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return await navigator.mediaDevices.getUserMedia({ audio: plain });
  } catch (error) {
    throw new Error(error.name === "NotAllowedError"
      ? "The browser was not allowed to use the microphone."
      : "There is no microphone that the browser can use.");
  }
}

async function wav(blob) {
  const context = new OfflineAudioContext(1, 1, RATE); // decodes to its own rate
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  const samples = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    sound.getChannelData(channel).forEach((value, at) => { samples[at] += value / sound.numberOfChannels; });
  }
  return encoded(samples);
}

function encoded(samples) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, at) => view.setInt16(44 + 2 * at, Math.max(-1, Math.min(1, value)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}
