// Three small sounds, made where they are heard. In: a name and a volume from 0 to 1. Out: true when the browser let the page sound.
let audio = null;

// Notes: Hz, when it begins and how long it rings, in seconds.
const tunes = {
  drop: [[880, 0, 0.22], [1318.5, 0.09, 0.35]],
  chime: [[659.3, 0, 0.5], [830.6, 0.14, 0.5], [987.8, 0.28, 0.8]],
  knock: [[196, 0, 0.09], [196, 0.16, 0.09]],
};

export async function play(name, volume) {
  const tune = tunes[name];
  if (!tune || !("AudioContext" in self)) return false;
  audio ??= new AudioContext();
  if (audio.state === "suspended") await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 300))]);
  if (audio.state !== "running") return false;
  for (const [pitch, begins, rings] of tune) tone(pitch, audio.currentTime + begins, rings, volume, name === "knock" ? "triangle" : "sine");
  return true;
}

function tone(pitch, at, rings, volume, shape) {
  const voice = audio.createOscillator();
  const loudness = audio.createGain();
  voice.type = shape;
  voice.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.5 * volume, at + 0.01);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + rings);
  voice.connect(loudness).connect(audio.destination);
  voice.start(at);
  voice.stop(at + rings + 0.05);
}

// A browser lets a page sound once somebody has touched it: be ready from then on.
addEventListener("pointerdown", () => audio?.resume(), { passive: true });
