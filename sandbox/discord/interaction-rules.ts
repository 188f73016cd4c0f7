/** Which callback may answer which interaction, and what its body must be. */
import {
  ComponentType,
  InteractionResponseType as Callback,
  InteractionType,
  MessageFlags,
} from 'discord-api-types/v10';
import {
  ApplicationCommandAutocompleteCallbackRequestSchema,
  CreateMessageInteractionCallbackRequestSchema,
  ModalInteractionCallbackRequestSchema,
  UpdateMessageInteractionCallbackRequestSchema,
} from 'discord-api-spec/zod';
import { checkSelect, listComponents } from './components.ts';
import type { AnyComponent } from './components.ts';
import { refuseIssues } from './errors.ts';
import type { FormIssue } from './errors.ts';
import { findIssues } from './schema-check.ts';

/** The types in Discord's published schemas; 10 (premium required) is deprecated and gone from them. */
const KNOWN_TYPES: readonly number[] = [1, 4, 5, 6, 7, 8, 9, 12, 13];
const MODAL_PARTS = 5;

const SCHEMAS = new Map([
  [Callback.ChannelMessageWithSource, CreateMessageInteractionCallbackRequestSchema],
  [Callback.DeferredChannelMessageWithSource, CreateMessageInteractionCallbackRequestSchema],
  [Callback.DeferredMessageUpdate, UpdateMessageInteractionCallbackRequestSchema],
  [Callback.UpdateMessage, UpdateMessageInteractionCallbackRequestSchema],
  [Callback.ApplicationCommandAutocompleteResult, ApplicationCommandAutocompleteCallbackRequestSchema],
  [Callback.Modal, ModalInteractionCallbackRequestSchema],
]);

export interface CallbackBody {
  type: number;
  data?: Record<string, unknown> | null;
}

/** Throws 50035 unless the body is a callback that this interaction may get. */
export function checkCallback(
  body: unknown,
  interaction: { type: InteractionType; hasMessage: boolean },
): CallbackBody {
  const type = typeof body === 'object' && body !== null ? (body as { type?: unknown }).type : undefined;
  refuseIssues(checkType(type, interaction));
  const callback = body as CallbackBody;
  const schema = SCHEMAS.get(callback.type);
  refuseIssues(schema ? findIssues(schema, body) : []);
  if (callback.type === Callback.DeferredChannelMessageWithSource) refuseIssues(checkDefer(callback));
  if (callback.type === Callback.Modal) refuseIssues(checkModal(callback.data ?? {}));
  return callback;
}

function checkType(type: unknown, interaction: { type: InteractionType; hasMessage: boolean }): FormIssue[] {
  const path = ['type'];
  if (type === undefined) return [{ path, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }];
  if (typeof type !== 'number' || !KNOWN_TYPES.includes(type)) {
    return [{ path, code: 'BASE_TYPE_CHOICES', message: `Value must be one of {${KNOWN_TYPES.join(', ')}}.` }];
  }
  const allowed = allowedTypes(interaction);
  if (allowed.includes(type)) return [];
  const message = `Value must be one of {${allowed.join(', ')}} for this interaction.`;
  return [{ path, code: 'INTERACTION_CALLBACK_TYPE_INVALID', message }];
}

/** 12 (launch an activity) needs an application with activities, which this is not. */
function allowedTypes({ type, hasMessage }: { type: InteractionType; hasMessage: boolean }): number[] {
  const reply = [Callback.ChannelMessageWithSource, Callback.DeferredChannelMessageWithSource];
  const update = [Callback.DeferredMessageUpdate, Callback.UpdateMessage];
  switch (type) {
    case InteractionType.ApplicationCommand:
      return [...reply, Callback.Modal];
    case InteractionType.MessageComponent:
      return [...reply, ...update, Callback.Modal];
    case InteractionType.ModalSubmit:
      return hasMessage ? [...reply, ...update] : reply;
    case InteractionType.ApplicationCommandAutocomplete:
      return [Callback.ApplicationCommandAutocompleteResult];
    default:
      return [Callback.Pong];
  }
}

function checkDefer({ data }: CallbackBody): FormIssue[] {
  const flags = typeof data?.['flags'] === 'number' ? data['flags'] : 0;
  if ((flags & ~MessageFlags.Ephemeral) === 0) return [];
  const message = 'The only flag of a deferred answer is EPHEMERAL.';
  return [{ path: ['data', 'flags'], code: 'INTERACTION_CALLBACK_DEFER_FLAGS_INVALID', message }];
}

function checkModal(data: Record<string, unknown>): FormIssue[] {
  const components = data['components'] as AnyComponent[];
  const issues: FormIssue[] = [];
  if (components.length > MODAL_PARTS) {
    const message = `Must be between 1 and ${MODAL_PARTS} in length.`;
    issues.push({ path: ['data', 'components'], code: 'BASE_TYPE_BAD_LENGTH', message });
  }
  const seen = new Set<string>();
  for (const { component, path } of listComponents(components, ['data', 'components'])) {
    if (!component.custom_id) continue;
    if (seen.has(component.custom_id)) {
      const message = 'Component custom id cannot be duplicated';
      issues.push({ path: [...path, 'custom_id'], code: 'COMPONENT_CUSTOM_ID_DUPLICATED', message });
    }
    seen.add(component.custom_id);
    issues.push(...checkInRow(component, path), ...checkChoices(component, path));
  }
  return issues;
}

function checkChoices(component: AnyComponent, path: readonly (string | number)[]): FormIssue[] {
  switch (component.type) {
    case ComponentType.StringSelect:
    case ComponentType.RadioGroup:
      return checkSelect(component, path);
    case ComponentType.CheckboxGroup:
      return checkSelect({ ...component, max_values: component.max_values ?? component.options?.length ?? 1 }, path);
    default:
      return [];
  }
}

/** A text input outside a label brings its own label; inside one it must not. */
function checkInRow(component: AnyComponent, path: readonly (string | number)[]): FormIssue[] {
  if (component.disabled) {
    return [
      {
        path: [...path, 'disabled'],
        code: 'COMPONENT_DISABLED_IN_MODAL',
        message: 'Components cannot be disabled in modals.',
      },
    ];
  }
  if (component.type !== ComponentType.TextInput) return [];
  const isInLabel = path.at(-1) === 'component';
  if (isInLabel || component.label) return [];
  return [{ path: [...path, 'label'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }];
}
