/** Pictures of nothing in particular, for prompts that name nothing we know: what they look like follows from their words. */
import { fillBall } from '../ball.ts';
import { css, grade, mix, WHITE, type Color } from '../color.ts';
import { between, clamp, createRidge, createTurbulence, pick, smoothstep, type Random } from '../random.ts';
import { createFall, fillCircle, fillShape, paintField, paintGlow, type Stage } from '../stage.ts';
import type { Concept } from '../vocabulary.ts';

type Family = 'ribbons' | 'layers' | 'facets' | 'rings' | 'blobs';

const FAMILIES: Readonly<Record<Family, (stage: Stage, random: Random) => void>> = {
  ribbons: paintRibbons,
  layers: paintLayers,
  facets: paintFacets,
  rings: paintRings,
  blobs: paintBlobs,
};

export function paintAbstract(stage: Stage): void {
  const random = stage.chance('abstract');
  const chance: Family = pick(random, ['ribbons', 'layers', 'facets', 'rings', 'blobs']);
  const named = (['ribbons', 'layers', 'facets', 'rings', 'blobs'] as const satisfies readonly Concept[]).find(
    (family) => stage.scene.concepts.has(family),
  );
  FAMILIES[named ?? chance](stage, random);
}

/** The picture's colours in an order that runs smoothly from dark to light. */
function rampOf({ scene: { light } }: Stage): (share: number) => Color {
  const [zenith, middle, low] = light.sky;
  const stops = [
    mix(light.ink, zenith, 0.5),
    mix(zenith, light.accents[0], 0.25),
    mix(middle, light.accents[0], 0.3),
    mix(low, light.accents[1], 0.2),
    mix(light.sun, low, 0.25),
  ];
  return (share) => {
    const at = clamp(share, 0, 0.9999) * (stops.length - 1);
    const index = Math.floor(at);
    return mix(stops[index] ?? low, stops[index + 1] ?? low, at - index);
  };
}

/** Silk in the wind: many thin bright lines side by side, each a little later than the one before. */
function paintRibbons(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const ramp = rampOf(stage);
  const isLevel = width >= height;
  const night = mix(ramp(0), scene.light.ink, 0.5);
  context.fillStyle = createFall(context, 0, height, [
    css(night),
    css(mix(ramp(0.18), night, 0.45)),
    css(scene.light.ink),
  ]);
  context.fillRect(0, 0, width, height);
  paintGlow(context, {
    x: width * between(random, 0.25, 0.75),
    y: height * between(random, 0.25, 0.75),
    radius: unit * 0.8,
    color: ramp(0.5),
    alpha: 0.45,
  });
  const [long, across] = isLevel ? [width, height] : [height, width];
  const ribbons = 4;
  context.save();
  context.globalCompositeOperation = 'screen';
  context.lineWidth = unit * 0.0022;
  const slope = between(random, -0.3, 0.3);
  for (let ribbon = 0; ribbon < ribbons; ribbon++) {
    const path = createRidge(random, 2, 0.3);
    const twist = createRidge(random, 1, 0);
    const middle = across * (0.5 + ((ribbon + 0.5) / ribbons - 0.5) * 0.62);
    const broad = unit * between(random, 0.2, 0.46);
    const color = scene.light.accents[ribbon % scene.light.accents.length] ?? WHITE;
    const lines = 70;
    for (let line = 0; line < lines; line++) {
      const share = line / lines;
      const strength = 0.085 + 0.38 * Math.abs(share - 0.5) ** 2 * 4;
      context.strokeStyle = css(
        mix(mix(color, ramp(0.35 + 0.5 * share), 0.45), WHITE, share > 0.95 ? 0.4 : 0),
        strength,
      );
      context.beginPath();
      for (let at = -20; at <= long + 20; at += 20) {
        const t = at / unit;
        const swing = path(t * 0.9 + ribbon * 9 + share * 0.16) * unit * 0.27 + (at / long - 0.5) * slope * across;
        const open = (share - 0.5) * broad * clamp(twist(t * 0.8 + ribbon * 5 + share * 0.3) * 2.2, -1, 1);
        const y = middle + swing + open;
        if (isLevel) context.lineTo(at, y);
        else context.lineTo(y, at);
      }
      context.stroke();
    }
  }
  context.restore();
}

/** Sheets of cut paper, one over the other, each throwing its shadow on the next. */
function paintLayers(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const ramp = rampOf(stage);
  const isRising = random() < 0.5;
  context.fillStyle = createFall(context, 0, height, [
    css(ramp(isRising ? 0.98 : 0.05)),
    css(ramp(isRising ? 0.8 : 0.25)),
  ]);
  context.fillRect(0, 0, width, height);
  const disc = { x: width * between(random, 0.28, 0.72), y: height * between(random, 0.2, 0.36) };
  const radius = unit * between(random, 0.11, 0.2);
  paintGlow(context, { ...disc, radius: radius * 3, color: scene.light.sun, alpha: 0.5 });
  fillCircle(context, disc.x, disc.y, radius, css(mix(scene.light.sun, scene.light.accents[0], isRising ? 0.4 : 0.05)));
  const sheets = 8;
  for (let sheet = 0; sheet < sheets; sheet++) {
    const share = sheet / (sheets - 1);
    const wave = createRidge(random, 2, 0.3);
    const base = height * (0.3 + 0.64 * share ** 0.95);
    const rise = unit * between(random, 0.09, 0.16);
    const slope = between(random, -0.12, 0.12) * unit;
    const length = unit * between(random, 0.45, 0.8);
    const edge = (x: number): number => base - rise * wave(x / length + sheet * 13) + (x / width - 0.5) * slope;
    const color = mix(
      ramp(isRising ? 0.82 - 0.78 * share : 0.2 + 0.72 * share),
      pick(random, scene.light.accents),
      0.22,
    );
    // The shadow grows soft in four steps: cheaper than a blur.
    for (const [lift, alpha] of [
      [0.022, 0.07],
      [0.015, 0.09],
      [0.009, 0.11],
      [0.004, 0.14],
    ] as const) {
      context.fillStyle = css(scene.light.ink, alpha);
      fillBelow(stage, (x) => edge(x + unit * lift * 0.4) - unit * lift);
    }
    context.fillStyle = createFall(context, base - rise, base + unit * 0.34, [
      css(mix(color, WHITE, 0.14)),
      css(color),
      css(mix(color, scene.light.ink, 0.22)),
    ]);
    fillBelow(stage, edge);
  }
}

function fillBelow({ context, width, height }: Stage, edge: (x: number) => number): void {
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x <= width + 6; x += 6) context.lineTo(x, edge(x));
  context.lineTo(width + 6, height);
  context.fill();
}

/** Triangles that catch the light each in its own way, and a glow among them. */
function paintFacets(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const ramp = rampOf(stage);
  const size = unit * between(random, 0.085, 0.13);
  const [columns, rows] = [Math.ceil(width / size) + 2, Math.ceil(height / (size * 0.87)) + 2];
  const points = Array.from({ length: (columns + 1) * (rows + 1) }, (_, index): [number, number] => {
    const [column, row] = [index % (columns + 1), Math.floor(index / (columns + 1))];
    return [
      (column - 1 + (row % 2) * 0.5 + between(random, -0.34, 0.34)) * size,
      (row - 1 + between(random, -0.34, 0.34)) * size * 0.87,
    ];
  });
  const light = { x: width * between(random, 0.25, 0.75), y: height * between(random, 0.2, 0.7) };
  const swell = createTurbulence(random, 2);
  const reach = Math.hypot(width, height) * between(random, 0.34, 0.5);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * (columns + 1) + column;
      const [a, b, c, d] = [points[at], points[at + 1], points[at + columns + 1], points[at + columns + 2]];
      if (a === undefined || b === undefined || c === undefined || d === undefined) continue;
      for (const [p, q, r] of row % 2 === 0
        ? ([
            [a, b, c],
            [b, d, c],
          ] as const)
        : ([
            [a, b, d],
            [a, d, c],
          ] as const)) {
        const [x, y] = [(p[0] + q[0] + r[0]) / 3, (p[1] + q[1] + r[1]) / 3];
        const near = Math.exp(-((Math.hypot(x - light.x, y - light.y) / reach) ** 2) * 2.2);
        const tone =
          near * 0.86 - 0.04 + 0.26 * swell((x / unit) * 1.7, (y / unit) * 1.7) + between(random, -0.12, 0.12);
        const color = mix(
          ramp(tone),
          scene.light.accents[(row + column) % 3] ?? WHITE,
          0.16 + 0.12 * swell(x / unit, y / unit + 9),
        );
        context.fillStyle = css(color);
        context.strokeStyle = css(mix(color, WHITE, 0.08 + near * 0.12));
        context.lineWidth = 1;
        fillShape(context, p, q, r);
        context.stroke();
      }
    }
  }
  paintGlow(context, { ...light, radius: unit * 0.55, color: scene.light.sun, alpha: 0.42 });
}

/** Orbits around a bright heart, with beads on them. */
function paintRings(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const ramp = rampOf(stage);
  const center = { x: width * pick(random, [0.5, between(random, 0.3, 0.7)]), y: height * between(random, 0.42, 0.58) };
  const dust = createTurbulence(random, 4);
  paintField(context, { x: 0, y: 0, width, height, cell: unit / 90 }, (x, y) => {
    const far = Math.hypot(x - center.x, y - center.y) / unit;
    return [...ramp(0.06 + 0.42 * Math.exp(-far * far * 5) + 0.09 * dust((x / unit) * 2, (y / unit) * 2)), 1];
  });
  const heart = unit * between(random, 0.06, 0.12);
  const flat = between(random, 0.35, 1);
  const tilt = between(random, -0.6, 0.6);
  context.save();
  context.translate(center.x, center.y);
  context.rotate(tilt);
  const rings = 26;
  for (let ring = 0; ring < rings; ring++) {
    const share = ring / rings;
    const radius = heart * 1.5 + unit * 0.9 * share ** 1.25;
    const from = random() * Math.PI * 2;
    const sweep = pick(random, [Math.PI * 2, between(random, 1.2, 5)]);
    const color = mix(ramp(0.96 - share * 0.6), pick(random, scene.light.accents), 0.35);
    context.strokeStyle = css(color, 0.85 - 0.5 * share);
    context.lineWidth = unit * pick(random, [0.0016, 0.0022, 0.005, between(random, 0.008, 0.022)]);
    context.lineCap = 'round';
    context.beginPath();
    context.ellipse(0, 0, radius, radius * flat, 0, from, from + sweep);
    context.stroke();
    if (random() < 0.45) continue;
    const angle = from + sweep * random();
    const bead = { x: Math.cos(angle) * radius, y: Math.sin(angle) * radius * flat };
    const size = unit * between(random, 0.006, 0.02);
    paintGlow(context, { ...bead, radius: size * 4, color, alpha: 0.6 });
    fillCircle(context, bead.x, bead.y, size, css(mix(color, WHITE, 0.45)));
  }
  context.restore();
  paintGlow(context, { ...center, radius: heart * 5, color: ramp(0.85), alpha: 0.6 });
  fillCircle(context, center.x, center.y, heart, 'black');
  fillBall(context, {
    ...center,
    radius: heart,
    highlight: { x: center.x - heart * 0.35, y: center.y - heart * 0.4, radius: heart * 0.1 },
    colors: [
      [0, mix(ramp(1), WHITE, 0.6), 1],
      [0.6, mix(ramp(0.85), scene.light.accents[0], 0.3), 1],
      [1, mix(scene.light.accents[0], scene.light.ink, 0.25), 1],
    ],
  });
}

/** Colours that melt into one another, as ink in water. */
function paintBlobs(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const ramp = rampOf(stage);
  const flow = createTurbulence(random, 3);
  const [scale, bend] = [between(random, 0.55, 0.95), between(random, 0.7, 1.5)];
  const folds = between(random, 1.5, 3.2);
  const accents = scene.light.accents.map((color) => grade(color, 1.15));
  paintField(context, { x: 0, y: 0, width, height, cell: unit / 140 }, (x, y) => {
    const [u, v] = [(x / unit) * scale, (y / unit) * scale];
    const du = flow(u + 3.1, v + 1.7);
    const dv = flow(u - 8.3, v + 2.8);
    const deep = flow(u + bend * du, v + bend * dv);
    const fold = 0.5 + 0.5 * Math.sin((deep * 2 + du * 0.8) * Math.PI * folds * 0.5);
    const color = mix(ramp(0.08 + 0.84 * fold), accents[0] ?? WHITE, smoothstep(0.1, 0.6, du) * 0.5);
    const sheen = smoothstep(0.75, 1, fold) * 0.3;
    return [...mix(mix(color, accents[1] ?? WHITE, smoothstep(0.1, 0.6, dv) * 0.45), WHITE, sheen), 1];
  });
  for (let bubble = 0; bubble < 5; bubble++) {
    const place = { x: width * random(), y: height * random() };
    const radius = unit * between(random, 0.02, 0.13);
    const color = mix(pick(random, scene.light.accents), WHITE, 0.35);
    context.beginPath();
    context.arc(place.x, place.y, radius, 0, Math.PI * 2);
    fillBall(context, {
      ...place,
      radius,
      highlight: { x: place.x - radius * 0.3, y: place.y - radius * 0.35, radius: radius * 0.05 },
      colors: [
        [0, WHITE, 0.75],
        [0.25, color, 0.3],
        [0.85, color, 0.12],
        [1, mix(color, WHITE, 0.5), 0.6],
      ],
    });
  }
}
