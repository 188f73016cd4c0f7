/** A card as it is written. */
import { z } from 'zod';
import type { Card } from '../discord/card.ts';
import type { RecordShape } from './records.ts';

const card = z.object({
  v: z.literal(3),
  messageId: z.string().min(1),
  channelId: z.string(),
  guildId: z.string().nullable(),
  currentJobId: z.string(),
  shownRevision: z.number(),
  private: z.boolean(),
  locale: z.string(),
  applicationId: z.string(),
  token: z.string(),
  tokenExpiresAt: z.number(),
  postingSince: z.number().nullable(),
  again: z.object({ userId: z.string(), attachmentSizeLimit: z.number() }).nullable(),
  closed: z.enum(['deleted', 'no-access', 'token-ended', 'refused']).nullable(),
});

/** When the shape of Card changes: raise `version`, and add `upgrades[old version]`. */
export const cardShape: RecordShape<Card> = {
  namespace: 'card',
  version: 3,
  schema: card,
  upgrades: {
    1: (record) => ({ ...record, v: 2, postingSince: null }),
    2: (record) => ({ ...record, v: 3, again: null }),
  },
  keyOf: (record) => record.messageId,
};
