// One short sound, made here. A browser lets a page sound once somebody has touched it; until then it stays quiet.
let audio = null;

export function ring() {
  if (!audio || audio.state !== "running") return;
  for (const [pitch, begins] of [[880, 0], [1318.5, 0.09]]) {
    const [voice, loudness, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + begins];
    voice.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.12, at + 0.01);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
    voice.connect(loudness).connect(audio.destination);
    voice.start(at);
    voice.stop(at + 0.35);
  }
}

function wakeUp() {
  if (!("AudioContext" in window)) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

for (const what of ["pointerdown", "keydown"]) addEventListener(what, wakeUp, { passive: true });
