/** Animals as outlines, with the foot at 0 and up to -1, most of them looking right. Each adds to the path begun. */
import type { SKRSContext2D } from '@napi-rs/canvas';

export function outlineCat(pen: SKRSContext2D): void {
  pen.moveTo(-0.3, 0);
  pen.bezierCurveTo(-0.4, -0.2, -0.3, -0.42, -0.12, -0.58);
  pen.bezierCurveTo(-0.17, -0.66, -0.19, -0.76, -0.165, -0.84);
  pen.lineTo(-0.18, -1);
  pen.lineTo(-0.055, -0.91);
  pen.bezierCurveTo(-0.01, -0.925, 0.04, -0.925, 0.085, -0.91);
  pen.lineTo(0.21, -1);
  pen.lineTo(0.195, -0.84);
  pen.bezierCurveTo(0.22, -0.76, 0.2, -0.66, 0.14, -0.59);
  pen.bezierCurveTo(0.27, -0.42, 0.3, -0.22, 0.265, -0.07);
  pen.bezierCurveTo(0.5, -0.06, 0.53, -0.17, 0.49, -0.18);
  pen.bezierCurveTo(0.48, -0.24, 0.56, -0.24, 0.58, -0.16);
  pen.bezierCurveTo(0.62, -0.04, 0.5, 0.04, 0.22, 0.04);
  pen.lineTo(-0.28, 0.04);
  pen.closePath();
}

export function outlineDog(pen: SKRSContext2D): void {
  pen.moveTo(-0.34, 0.03);
  pen.bezierCurveTo(-0.4, -0.16, -0.3, -0.32, -0.2, -0.44);
  pen.bezierCurveTo(-0.14, -0.52, -0.1, -0.62, -0.06, -0.72);
  pen.bezierCurveTo(-0.09, -0.82, -0.08, -0.92, -0.03, -1.0);
  pen.bezierCurveTo(0.02, -0.98, 0.05, -0.94, 0.06, -0.9);
  pen.bezierCurveTo(0.12, -0.91, 0.18, -0.9, 0.22, -0.86);
  pen.lineTo(0.26, -0.8);
  pen.bezierCurveTo(0.34, -0.79, 0.41, -0.77, 0.42, -0.74);
  pen.bezierCurveTo(0.42, -0.68, 0.37, -0.66, 0.3, -0.66);
  pen.bezierCurveTo(0.24, -0.65, 0.2, -0.62, 0.17, -0.58);
  pen.bezierCurveTo(0.2, -0.46, 0.2, -0.34, 0.18, -0.24);
  pen.lineTo(0.17, -0.03);
  pen.lineTo(0.25, 0.0);
  pen.lineTo(0.25, 0.04);
  pen.lineTo(0.08, 0.04);
  pen.lineTo(0.07, -0.18);
  pen.bezierCurveTo(0.02, -0.16, -0.02, -0.12, -0.01, 0.0);
  pen.lineTo(0.05, 0.02);
  pen.lineTo(0.05, 0.04);
  pen.lineTo(-0.3, 0.04);
  pen.bezierCurveTo(-0.46, 0.03, -0.58, -0.06, -0.56, -0.16);
  pen.bezierCurveTo(-0.52, -0.12, -0.44, -0.06, -0.34, -0.05);
  pen.closePath();
}

export function outlineDeer(pen: SKRSContext2D): void {
  pen.moveTo(-0.3, 0.02);
  pen.lineTo(-0.27, -0.24);
  pen.bezierCurveTo(-0.34, -0.36, -0.33, -0.5, -0.24, -0.53);
  pen.bezierCurveTo(-0.1, -0.56, 0.02, -0.53, 0.1, -0.54);
  pen.bezierCurveTo(0.16, -0.58, 0.18, -0.66, 0.19, -0.74);
  pen.lineTo(0.1, -0.79);
  pen.lineTo(0.2, -0.79);
  outlineAntler(pen, 0.2, -0.79, -0.06);
  pen.lineTo(0.225, -0.8);
  outlineAntler(pen, 0.235, -0.79, 0.07);
  pen.lineTo(0.27, -0.77);
  pen.bezierCurveTo(0.34, -0.74, 0.37, -0.71, 0.38, -0.68);
  pen.bezierCurveTo(0.37, -0.65, 0.33, -0.65, 0.28, -0.66);
  pen.bezierCurveTo(0.27, -0.56, 0.25, -0.44, 0.2, -0.36);
  pen.lineTo(0.17, -0.26);
  pen.lineTo(0.19, 0.02);
  pen.lineTo(0.145, 0.02);
  pen.lineTo(0.12, -0.25);
  pen.lineTo(0.09, 0.02);
  pen.lineTo(0.05, 0.02);
  pen.lineTo(0.06, -0.29);
  pen.bezierCurveTo(-0.02, -0.26, -0.1, -0.26, -0.17, -0.29);
  pen.lineTo(-0.2, -0.18);
  pen.lineTo(-0.17, 0.02);
  pen.lineTo(-0.21, 0.02);
  pen.lineTo(-0.25, -0.16);
  pen.lineTo(-0.255, 0.02);
  pen.closePath();
}

/** A beam that bends up and back, with three points. */
function outlineAntler(pen: SKRSContext2D, x: number, y: number, lean: number): void {
  pen.bezierCurveTo(x + lean * 1.6, y - 0.03, x + lean * 2.4, y - 0.1, x + lean * 2, y - 0.24);
  pen.lineTo(x + lean * 1.72, y - 0.15);
  pen.lineTo(x + lean * 1.1, y - 0.23);
  pen.lineTo(x + lean * 1.42, y - 0.115);
  pen.lineTo(x + lean * 0.55, y - 0.15);
  pen.bezierCurveTo(x + lean * 1.2, y - 0.08, x + lean * 0.9, y - 0.03, x + lean * 0.2 + 0.014, y);
}

export function outlineRabbit(pen: SKRSContext2D): void {
  pen.moveTo(-0.32, 0.03);
  pen.bezierCurveTo(-0.42, -0.2, -0.3, -0.42, -0.06, -0.46);
  pen.bezierCurveTo(-0.02, -0.56, 0.02, -0.62, 0.08, -0.65);
  pen.bezierCurveTo(-0.02, -0.78, -0.06, -0.92, -0.02, -1);
  pen.bezierCurveTo(0.06, -0.98, 0.12, -0.84, 0.15, -0.68);
  pen.bezierCurveTo(0.14, -0.82, 0.16, -0.96, 0.22, -1);
  pen.bezierCurveTo(0.28, -0.92, 0.26, -0.76, 0.22, -0.66);
  pen.bezierCurveTo(0.3, -0.62, 0.36, -0.55, 0.36, -0.49);
  pen.bezierCurveTo(0.35, -0.43, 0.28, -0.41, 0.22, -0.4);
  pen.bezierCurveTo(0.24, -0.26, 0.22, -0.12, 0.2, -0.02);
  pen.lineTo(0.27, 0.03);
  pen.closePath();
  pen.moveTo(-0.26, -0.06);
  pen.arc(-0.34, -0.08, 0.08, 0, Math.PI * 2);
}

export function outlineBird(pen: SKRSContext2D): void {
  pen.moveTo(-0.66, -0.06);
  pen.lineTo(-0.34, -0.3);
  pen.bezierCurveTo(-0.24, -0.6, -0.06, -0.74, 0.06, -0.8);
  pen.bezierCurveTo(0.1, -0.96, 0.26, -1.02, 0.37, -0.93);
  pen.bezierCurveTo(0.4, -0.9, 0.42, -0.87, 0.42, -0.84);
  pen.lineTo(0.55, -0.79);
  pen.lineTo(0.42, -0.76);
  pen.bezierCurveTo(0.42, -0.56, 0.3, -0.3, 0.08, -0.2);
  pen.lineTo(0.1, 0.03);
  pen.lineTo(0.075, 0.03);
  pen.lineTo(0.04, -0.18);
  pen.lineTo(0, -0.17);
  pen.lineTo(0, 0.03);
  pen.lineTo(-0.025, 0.03);
  pen.lineTo(-0.05, -0.16);
  pen.bezierCurveTo(-0.16, -0.14, -0.26, -0.14, -0.34, -0.12);
  pen.closePath();
}
