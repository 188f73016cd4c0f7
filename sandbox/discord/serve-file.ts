/** Sends a file as Discord's CDN does: whole, or the part that a player asks for. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AttachmentStore } from './attachments.ts';

/** 404 for what is gone, unsigned or over. */
export function serveFile(attachments: AttachmentStore, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const file = attachments.open(request.url);
  if (!file) return reply.status(404).type('text/plain').send('This content is no longer available.');
  const size = file.bytes.length;
  void reply.type(file.contentType).header('access-control-allow-origin', '*').header('accept-ranges', 'bytes');
  const range = readRange(request.headers.range, size);
  if (range === null) return reply.send(file.bytes);
  if (range === 'none') return reply.status(416).header('content-range', `bytes */${size}`).send();
  const { from, to } = range;
  return reply
    .status(206)
    .header('content-range', `bytes ${from}-${to}/${size}`)
    .send(file.bytes.subarray(from, to + 1));
}

/** RFC 9110, 14.1.2, for one range; null for the whole file, `none` for a range outside of it. */
function readRange(header: string | undefined, size: number): { from: number; to: number } | 'none' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return from <= to ? { from, to } : 'none';
}
