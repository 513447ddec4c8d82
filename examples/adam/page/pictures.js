// Drawing: the surface from above with its contours, the paths and balls, the curve of the loss, the standings.

const night = matchMedia("(prefers-color-scheme: dark)");
let background = null; // the last surface drawn, for one size

// Colours are given for light paper; on dark they are lifted.
function colourOf(rule) {
  const { colour } = RULES[rule];
  return night.matches ? `color-mix(in oklab, ${colour} 62%, white)` : colour;
}

function recolour() {
  for (const each of document.querySelectorAll("#others .swatch")) each.style.background = colourOf(each.dataset.rule);
  draw();
}

function variable(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

// A canvas in the pixels of the screen; its context measures in those of the page.
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

function draw() {
  $("time").value = time;
  $("now").textContent = time;
  drawMap();
  drawCurve();
  drawStandings();
}

function drawMap() {
  const { pen, width, height } = prepare($("map"));
  if (!width) return;
  const surface = SURFACES[state.surface];
  const [x0, x1, y0, y1] = surface.view;
  const place = ([x, y]) => [((x - x0) / (x1 - x0)) * width, ((y1 - y) / (y1 - y0)) * height];
  pen.drawImage(surfacePicture(width, height), 0, 0, width, height);
  pen.lineJoin = pen.lineCap = "round";

  for (const minimum of surface.minima) cross(pen, place(minimum));
  for (const [rule, points] of paths) {
    pen.strokeStyle = colourOf(rule);
    const chosen = rule === state.rule;
    pen.globalAlpha = 0.35;
    pen.lineWidth = chosen ? 1.4 : 1;
    line(pen, points.map(place));
    pen.globalAlpha = 1;
    pen.lineWidth = chosen ? 3 : 2;
    line(pen, points.slice(0, time + 1).map(place));
  }
  ring(pen, place(startOf()));
  const labels = [];
  for (const [rule, points] of paths) {
    const at = place(points[Math.min(time, points.length - 1)]);
    if (at[0] < 0 || at[0] > width || at[1] < 0 || at[1] > height) continue;
    ball(pen, at, colourOf(rule), rule === state.rule ? 8 : 6);
    labels.push([rule, at]);
  }
  label(pen, labels, width, height);
}

function line(pen, points) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(clamp(x, -1e4, 1e4), clamp(y, -1e4, 1e4));
  pen.stroke();
}

function ball(pen, [x, y], colour, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = variable("--panel");
  pen.stroke();
}

function ring(pen, [x, y]) {
  pen.beginPath();
  pen.arc(x, y, 5, 0, 2 * Math.PI);
  pen.lineWidth = 2;
  pen.strokeStyle = variable("--ink");
  pen.stroke();
}

function cross(pen, [x, y]) {
  pen.lineWidth = 2.5;
  pen.strokeStyle = variable("--ink");
  line(pen, [[x - 6, y - 6], [x + 6, y + 6]]);
  line(pen, [[x - 6, y + 6], [x + 6, y - 6]]);
}

// Names beside the balls, moved apart where they would cover each other, so that no colour has to be told from another.
function label(pen, labels, width, height) {
  pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "middle";
  let free = -Infinity;
  for (const [rule, [x, y]] of labels.sort((a, b) => a[1][1] - b[1][1])) {
    const text = RULES[rule].title;
    const size = pen.measureText(text).width;
    const left = x + 14 + size > width ? x - 14 - size : x + 14;
    const top = Math.min(Math.max(y, free + 16), height - 10);
    free = top;
    pen.lineWidth = 4;
    pen.strokeStyle = variable("--panel");
    pen.strokeText(text, left, top);
    pen.fillStyle = colourOf(rule);
    pen.fillText(text, left, top);
  }
}

// The surface, shaded and contoured by the logarithm of its height; drawn once for each surface and size.
function surfacePicture(width, height) {
  const key = `${state.surface} ${width} ${height} ${night.matches}`;
  if (background?.key === key) return background.canvas;
  const n = 160;
  const { f, view: [x0, x1, y0, y1], least } = SURFACES[state.surface];
  const heights = new Float64Array((n + 1) * (n + 1));
  let [low, high] = [Infinity, -Infinity];
  for (let j = 0; j <= n; j++) {
    for (let i = 0; i <= n; i++) {
      const v = Math.log(f(x0 + (i / n) * (x1 - x0), y1 - (j / n) * (y1 - y0)) - least + 0.05);
      heights[j * (n + 1) + i] = v;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  const canvas = element("canvas");
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const pen = canvas.getContext("2d");
  const shades = element("canvas");
  shades.width = shades.height = n + 1;
  const image = shades.getContext("2d").createImageData(n + 1, n + 1);
  const [from, to] = ["--low", "--high"].map((name) => variable(name).split(",").map(Number));
  heights.forEach((v, k) => {
    const part = (v - low) / (high - low);
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = from[c] + part * (to[c] - from[c]);
    image.data[4 * k + 3] = 255;
  });
  shades.getContext("2d").putImageData(image, 0, 0);
  pen.drawImage(shades, 0, 0, canvas.width, canvas.height);
  pen.strokeStyle = variable("--contour");
  pen.lineWidth = ratio;
  const unit = [canvas.width / n, canvas.height / n];
  for (let k = 1; k < 16; k++) contour(pen, heights, n, low + (k / 16) * (high - low), unit);
  background = { key, canvas };
  return canvas;
}

// One contour: in each cell of the grid, lines between the points where its sides cross the level.
function contour(pen, heights, n, level, [ux, uy]) {
  pen.beginPath();
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const values = corners.map(([a, b]) => heights[b * (n + 1) + a] - level);
      const crossings = [];
      for (let c = 0; c < 4; c++) {
        const [p, q] = [values[c], values[(c + 1) % 4]];
        if (p < 0 === q < 0) continue;
        const [[a, b], [a2, b2]] = [corners[c], corners[(c + 1) % 4]];
        const part = p / (p - q);
        crossings.push([(a + part * (a2 - a)) * ux, (b + part * (b2 - b)) * uy]);
      }
      for (let c = 0; c + 1 < crossings.length; c += 2) {
        pen.moveTo(...crossings[c]);
        pen.lineTo(...crossings[c + 1]);
      }
    }
  }
  pen.stroke();
}

function drawCurve() {
  const { pen, width, height } = prepare($("curve"));
  if (!width) return;
  const [left, right, top, bottom] = [48, width - 10, 10, height - 24];
  const first = SURFACES[state.surface].f(...startOf()) - SURFACES[state.surface].least;
  const [high, low] = [Math.ceil(Math.log10(Math.max(first, 1e-3))) + 1, -9];
  const x = (t) => left + (t / STEPS) * (right - left);
  const y = (v) => top + ((high - clamp(Math.log10(Math.max(v, 1e-30)), low, high)) / (high - low)) * (bottom - top);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  pen.fillStyle = variable("--soft");
  pen.strokeStyle = variable("--line");
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let k = Math.ceil(low / 3) * 3; k <= high; k += 3) {
    pen.fillText(k === 0 ? "1" : `1e${k}`.replace("-", "−"), left - 6, y(10 ** k));
    line(pen, [[left, y(10 ** k)], [right, y(10 ** k)]]);
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (let t = 0; t <= STEPS; t += 100) pen.fillText(String(t), clamp(x(t), left, right - 8), bottom + 6);
  for (const [rule, points] of paths) {
    const curve = points.map((_, t) => [x(t), y(lossAt(rule, t))]);
    pen.strokeStyle = colourOf(rule);
    pen.globalAlpha = 0.35;
    pen.lineWidth = 1;
    line(pen, curve);
    pen.globalAlpha = 1;
    pen.lineWidth = rule === state.rule ? 2.5 : 1.6;
    line(pen, curve.slice(0, time + 1));
  }
  pen.strokeStyle = variable("--ink");
  pen.lineWidth = 1;
  line(pen, [[x(time), top], [x(time), bottom]]);
}

function drawStandings() {
  const rows = shown().map((rule) => [rule, lossAt(rule, time)]);
  rows.sort((a, b) => (Number.isFinite(a[1]) ? a[1] : Infinity) - (Number.isFinite(b[1]) ? b[1] : Infinity));
  $("standings").replaceChildren(
    ...rows.map(([rule, loss]) =>
      element(
        "tr",
        { "data-rule": rule },
        element("td", {}, swatch(rule), RULES[rule].title),
        element("td", {}, tell(settingsOf(rule).lr)),
        element("td", {}, gone(rule, time) ? "flew away" : loss < 1e-9 ? "< 1e−9" : tell(loss)),
      ),
    ),
  );
}

buildChoices();
readAddress();
listen();
change();
