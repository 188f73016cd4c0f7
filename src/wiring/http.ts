/** The HTTP server with what it carries; nothing of it is there without HTTP_PORT. */
import type { Config } from '../config.ts';
import { createHealthRoutes } from '../http/health.ts';
import { Refusals } from '../http/refusals.ts';
import { createReplicateWebhooks, type WebhookEvent } from '../http/replicate-webhooks.ts';
import type { HttpRoute } from '../http/route.ts';
import { startHttpServer } from '../http/server.ts';
import { askForKey, createGivenKey, type WebhookKey } from '../http/webhook-key.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import type { Providers } from './providers.ts';

export interface HttpParts {
  config: Config;
  readWebhookSecret: Providers['readWebhookSecret'];
  onWebhook: (event: WebhookEvent) => void;
  /** null: no address leads to a file. */
  files: HttpRoute | null;
  /** By the name that /readyz tells. */
  readiness: Readonly<Record<string, () => boolean | Promise<boolean>>>;
  clock: Clock;
  log: Log;
}

/** null: no server was asked for. Rejects with HttpServerFailure when it cannot listen. */
export async function startHttp(parts: HttpParts): Promise<{ close(): Promise<void> } | null> {
  const { config, readiness, onWebhook, files, clock, log } = parts;
  if (config.http === null) return null;
  const key = createKey(parts);
  const routes = [
    ...createHealthRoutes({ clock, checks: readiness }),
    ...(key === null ? [] : [createReplicateWebhooks({ key, clock, onWebhook })]),
    ...(files === null ? [] : [files]),
  ];
  try {
    const refusals = new Refusals({ clock, log });
    const server = await startHttpServer({ ...config.http, routes, refusals, clock, log });
    return {
      async close() {
        key?.close();
        await server.close();
      },
    };
  } catch (error) {
    key?.close();
    throw error;
  }
}

/** null: no webhooks are asked for. */
function createKey({ config, readWebhookSecret, clock, log }: HttpParts): WebhookKey | null {
  const { http } = config;
  if (http?.publicUrl == null || readWebhookSecret === null) return null;
  if (http.webhookSecret !== null) return createGivenKey(http.webhookSecret);
  return askForKey({ readSecret: (signal) => readWebhookSecret({ signal }), clock, log });
}
