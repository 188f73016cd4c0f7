import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { encodePng } from '../../../src/providers/local/png.ts';

test('a picture that was written reads back pixel for pixel', async () => {
  const [width, height] = [7, 5];
  const pixels = Uint8Array.from({ length: width * height * 4 }, (_, index) =>
    index % 4 === 3 ? 255 : (index * 89 + (index % 4) * 40) % 256,
  );
  const image = await loadImage(encodePng(pixels, { width, height }));
  assert.deepEqual([image.width, image.height], [width, height]);
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  assert.deepEqual([...context.getImageData(0, 0, width, height).data], [...pixels]);
});
