// The page around the generated functions and tables: walks, pictures, controls. Everything shown follows from `state`.

const STEPS = 500;
const FAR = 1e3; // a ball that is farther away is gone
const $ = (id) => document.getElementById(id);

// Walking

// The points that a rule goes through: at most `steps` + 1, fewer if it flies away.
function walk(rule, surface, settings, start, steps) {
  const { formula, early, state, numbers, fixed, derived, begin } = RULES[rule];
  const { gradient } = SURFACES[surface];
  const known = { ...fixed, ...settings };
  const points = [start.slice()];
  let p = start.slice();
  let memory = null;
  for (let t = 1; t <= steps; t++) {
    const g = gradient(...p);
    known.t = t;
    for (const name in derived) {
      const [compute, names] = derived[name];
      known[name] = compute(...names.map((key) => known[key]));
    }
    const waits = early !== null && Object.keys(derived).some((name) => known[name] === null);
    const [apply, names] = waits ? early : [formula, numbers];
    memory ??= p.map((_, i) => state.map((name) => (name in begin ? { ...known, g: g[i] }[begin[name]] : 0)));
    p = p.map((x, i) => {
      const result = [].concat(apply(x, ...memory[i], g[i], ...names.map((key) => known[key])));
      memory[i] = result.slice(1);
      return result[0];
    });
    points.push(p);
    if (!(Math.max(Math.abs(p[0]), Math.abs(p[1])) < FAR)) break;
  }
  return points;
}

// The state: what the controls show, and what the address holds

const state = { surface: "ravine", rule: "adam", others: new Set(["sgd", "momentum", "rmsprop"]), settings: {}, start: null };
let time = 0;
let playing = null;
let writing = null;
let paths = new Map();

const defaults = (rule) => Object.fromEntries(Object.entries(RULES[rule].settings).map(([key, s]) => [key, s.value]));
const settingsOf = (rule) => ({ lr: RULES[rule].rates[state.surface], ...defaults(rule), ...state.settings[rule] });
const startOf = () => state.start ?? SURFACES[state.surface].start;
const shown = () => [...Object.keys(RULES).filter((rule) => state.others.has(rule) && rule !== state.rule), state.rule];
const scaleOf = (rule, key) => (key === "lr" ? "rate" : RULES[rule].settings[key].scale);

// Sliders move evenly in s: a rate is 10^s, a decay 1 − 10^−s, something small 10^−s.
const SCALES = {
  rate: { least: -5, most: 1.5, to: (v) => Math.log10(v), from: (s) => 10 ** s },
  decay: { least: 0, most: 4, to: (v) => -Math.log10(1 - v), from: (s) => 1 - 10 ** -s },
  small: { least: 0, most: 12, to: (v) => -Math.log10(v), from: (s) => 10 ** -s },
};

function clamp(v, least, most) { return Math.min(Math.max(v, least), most); }

function rounded(v) { return Number(v.toPrecision(3)); }

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (Object.hasOwn(SURFACES, given.get("surface"))) state.surface = given.get("surface");
  if (Object.hasOwn(RULES, given.get("rule"))) state.rule = given.get("rule");
  if (given.has("with")) {
    state.others = new Set(given.get("with").split(",").filter((rule) => Object.hasOwn(RULES, rule)));
  }
  const own = {};
  for (const key of ["lr", ...Object.keys(RULES[state.rule].settings)]) {
    const scale = SCALES[scaleOf(state.rule, key)];
    const value = given.has(key) ? Number(given.get(key)) : NaN;
    if (Number.isFinite(value)) own[key] = value === 0 && key !== "lr" ? 0 : clampTo(scale, value);
  }
  state.settings = { [state.rule]: own };
  const at = ["x", "y"].map((key) => (given.has(key) ? Number(given.get(key)) : NaN));
  const [x0, x1, y0, y1] = SURFACES[state.surface].view;
  state.start = at.every(Number.isFinite) ? [clamp(at[0], x0, x1), clamp(at[1], y0, y1)] : null;
  const t = Number(given.get("t") ?? 0);
  time = Number.isFinite(t) ? clamp(Math.round(t), 0, STEPS) : 0;
}

function clampTo(scale, value) {
  const ends = [scale.from(scale.least), scale.from(scale.most)];
  return clamp(value, Math.min(...ends), Math.max(...ends));
}

// Soon, since a browser refuses more than some hundred changes in a few seconds.
function note() {
  clearTimeout(writing);
  writing = setTimeout(writeAddress, 150);
}

function writeAddress() {
  const out = new URLSearchParams({ surface: state.surface, rule: state.rule });
  for (const [key, value] of Object.entries(state.settings[state.rule] ?? {})) out.set(key, value);
  if (state.start) out.set("x", rounded(state.start[0])), out.set("y", rounded(state.start[1]));
  out.set("with", [...state.others].join(","));
  if (time) out.set("t", time);
  history.replaceState(null, "", "#" + out.toString().replaceAll("%2C", ","));
}

// What follows from a change

function recompute() {
  paths = new Map(shown().map((rule) => [rule, walk(rule, state.surface, settingsOf(rule), startOf(), STEPS)]));
  note();
  $("start").textContent = `(${startOf().map((v) => rounded(v)).join(", ")})`;
  draw();
}

function change(rebuild = true) {
  if (rebuild) buildSettings();
  recompute();
}

function lossAt(rule, t) {
  const points = paths.get(rule);
  const { f, least } = SURFACES[state.surface];
  return f(...points[Math.min(t, points.length - 1)]) - least;
}

function gone(rule, t) {
  const points = paths.get(rule);
  return points.length <= STEPS && t >= points.length - 1;
}

// Controls

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function swatch(rule) {
  const made = element("span", { class: "swatch", "aria-hidden": "true", "data-rule": rule });
  made.style.background = colourOf(rule);
  return made;
}

function buildChoices() {
  for (const [name, { title }] of Object.entries(SURFACES)) $("surface").append(element("option", { value: name }, title));
  const story = element("optgroup", { label: "The way to Adam" });
  const kin = element("optgroup", { label: "Relatives" });
  for (const [name, { title }] of Object.entries(RULES)) {
    (STORY.includes(name) ? story : kin).append(element("option", { value: name }, title));
    const box = element("input", { type: "checkbox", value: name, id: `with-${name}` });
    box.addEventListener("change", () => {
      state.others[box.checked ? "add" : "delete"](name);
      change(false);
    });
    $("others").append(element("label", { for: box.id }, box, swatch(name), title));
  }
  $("rule").append(story, kin);
}

function buildSettings() {
  $("surface").value = state.surface;
  $("rule").value = state.rule;
  $("note").textContent = SURFACES[state.surface].note;
  $("says").textContent = RULES[state.rule].says;
  $("code").textContent = RULES[state.rule].code;
  for (const box of $("others").querySelectorAll("input")) {
    box.checked = state.others.has(box.value) || box.value === state.rule;
    box.disabled = box.value === state.rule;
  }
  $("settings").replaceChildren(...Object.keys(settingsOf(state.rule)).map(slider));
}

function slider(key) {
  const scale = SCALES[scaleOf(state.rule, key)];
  const id = `set-${key}`;
  const value = settingsOf(state.rule)[key];
  const input = element("input", { id, type: "range", min: scale.least, max: scale.most, step: 0.05 });
  input.value = clamp(scale.to(value), scale.least, scale.most);
  const output = element("output", { for: id }, tell(value));
  input.setAttribute("aria-valuetext", tell(value));
  input.addEventListener("input", () => {
    const chosen = Number(scale.from(Number(input.value)).toPrecision(4));
    (state.settings[state.rule] ??= {})[key] = chosen;
    output.textContent = tell(chosen);
    input.setAttribute("aria-valuetext", tell(chosen));
    change(false);
  });
  return element("div", { class: "setting" }, element("label", { for: id }, NAMES[key]), output, input);
}

function tell(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e5)) return value.toExponential(1).replace("e-", "e−").replace("e+", "e");
  return String(Number(value.toPrecision(size > 0.9 && size < 1 ? 4 : 3)));
}

function setTime(t) {
  time = clamp(t, 0, STEPS);
  note();
  draw();
}

function play() {
  if (playing) return pause();
  if (time >= STEPS) time = 0;
  $("play").textContent = "Pause";
  let last = null;
  let due = 0;
  const tick = (now) => {
    due += last === null ? 1 : (now - last) * 0.03; // 30 steps a second
    last = now;
    const whole = Math.floor(due);
    due -= whole;
    setTime(time + Math.min(whole, 10));
    if (time >= STEPS) pause();
    else playing = requestAnimationFrame(tick);
  };
  playing = requestAnimationFrame(tick);
}

function pause() {
  cancelAnimationFrame(playing);
  playing = null;
  $("play").textContent = "Play";
}

function listen() {
  $("surface").addEventListener("change", () => {
    Object.assign(state, { surface: $("surface").value, start: null });
    for (const own of Object.values(state.settings)) delete own.lr;
    time = 0;
    change();
  });
  $("rule").addEventListener("change", () => {
    state.others.add(state.rule);
    state.rule = $("rule").value;
    change();
  });
  $("best").addEventListener("click", () => {
    delete state.settings[state.rule]?.lr;
    change();
  });
  $("home").addEventListener("click", () => {
    state.start = null;
    change(false);
  });
  $("play").addEventListener("click", play);
  $("step").addEventListener("click", () => { pause(); setTime(time + 1); });
  $("reset").addEventListener("click", () => { pause(); setTime(0); });
  $("time").max = STEPS;
  $("time").addEventListener("input", () => { pause(); setTime(Number($("time").value)); });
  $("map").addEventListener("click", (event) => {
    const box = $("map").getBoundingClientRect();
    const [x0, x1, y0, y1] = SURFACES[state.surface].view;
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    state.start = [x0 + u * (x1 - x0), y1 - v * (y1 - y0)].map(rounded);
    change(false);
  });
  $("map").addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [x0, x1, y0, y1] = SURFACES[state.surface].view;
    const by = (x1 - x0) / (event.shiftKey ? 10 : 100);
    const [x, y] = startOf();
    state.start = [rounded(clamp(x + by * move[0], x0, x1)), rounded(clamp(y + by * move[1], y0, y1))];
    change(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, button") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") event.preventDefault(), play();
    if (event.key === ".") pause(), setTime(time + 1);
    if (event.key === "0") pause(), setTime(0);
  });
  window.addEventListener("hashchange", () => { readAddress(); change(); });
  night.addEventListener("change", recolour);
  new ResizeObserver(draw).observe($("map"));
}
