/**
 * What Discord answers instead of doing something. Codes and sentences: Discord's list "Opcodes and
 * Status Codes", JSON error codes.
 */

export type FormPath = readonly (string | number)[];

export interface FormIssue {
  path: FormPath;
  code: string;
  message: string;
}

interface ErrorDetails {
  headers?: Record<string, string>;
  /** Fields beside code and message, as 429 answers have. */
  extra?: Record<string, unknown>;
  issues?: readonly FormIssue[];
}

/** Thrown anywhere below the HTTP server, answered there. */
export class DiscordError extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Record<string, string>;
  readonly issues: readonly FormIssue[];
  readonly #extra: Record<string, unknown>;

  constructor(status: number, code: number, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'DiscordError';
    this.status = status;
    this.code = code;
    this.headers = details.headers ?? {};
    this.issues = details.issues ?? [];
    this.#extra = details.extra ?? {};
  }

  body(): Record<string, unknown> {
    const errors = this.issues.length > 0 ? { errors: nestIssues(this.issues) } : {};
    return { message: this.message, code: this.code, ...errors, ...this.#extra };
  }

  /** The message and below it a line for each refused path, for the person who looks at the record. */
  explain(): string {
    const lines = this.issues.map((issue) => `${formatPath(issue.path)}: ${issue.message} (${issue.code})`);
    return [this.message, ...lines].join('\n');
  }

  /** The refused paths as a reader writes them: `data.components[0].custom_id`. */
  paths(): string[] {
    return [...new Set(this.issues.map((issue) => formatPath(issue.path)))];
  }
}

const REFUSALS = {
  unauthorized: [401, 0, '401: Unauthorized'],
  notFound: [404, 0, '404: Not Found'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  unknownInteraction: [404, 10062, 'Unknown interaction'],
  unknownCommand: [404, 10063, 'Unknown application command'],
  unknownApplication: [404, 10002, 'Unknown Application'],
  tooManyAttachments: [400, 30015, 'Maximum number of attachments in a message reached (10)'],
  tooManyCommandCreates: [400, 30034, 'Max number of daily application command creates has been reached (200)'],
  entityTooLarge: [413, 40005, 'Request entity too large'],
  alreadyAcknowledged: [400, 40060, 'Interaction has already been acknowledged.'],
  missingAccess: [403, 50001, 'Missing Access'],
  editByOtherUser: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  cannotMessageUser: [403, 50007, 'Cannot send messages to this user'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  invalidWebhookToken: [401, 50027, 'Invalid Webhook Token'],
  threadIsArchived: [400, 50083, 'Thread is archived'],
  invalidApiVersion: [400, 50041, 'Invalid API version specified'],
  invalidJson: [400, 50109, 'The request body contains invalid JSON.'],
  replyWithoutHistory: [400, 160002, 'Cannot reply without permission to read message history'],
  threadIsLocked: [400, 160005, 'Thread is locked'],
} as const satisfies Record<string, readonly [number, number, string]>;

export function refuse(reason: keyof typeof REFUSALS): DiscordError {
  const [status, code, message] = REFUSALS[reason];
  return new DiscordError(status, code, message);
}

export function refuseForm(issues: readonly FormIssue[]): DiscordError {
  return new DiscordError(400, 50035, 'Invalid Form Body', { issues });
}

/** Throws 50035 when there is anything to refuse. */
export function refuseIssues(issues: readonly FormIssue[]): void {
  if (issues.length > 0) throw refuseForm(issues);
}

interface IssueTree {
  [key: string]: IssueTree | { code: string; message: string }[];
}

function nestIssues(issues: readonly FormIssue[]): IssueTree {
  const root: IssueTree = {};
  for (const issue of issues) {
    let node = root;
    for (const key of issue.path) {
      const next = node[String(key)] ?? {};
      node[String(key)] = next;
      // Only `_errors` holds a list, and no field of Discord's is called that.
      node = next as IssueTree;
    }
    const listed = node['_errors'];
    node['_errors'] = [...(Array.isArray(listed) ? listed : []), { code: issue.code, message: issue.message }];
  }
  return root;
}

function formatPath(path: FormPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
