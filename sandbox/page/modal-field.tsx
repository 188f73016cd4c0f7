/** One input of a form, of whatever kind, with its label. */
import type { JSX } from 'preact';
import type { ModalValue, PickedFile } from '../interface.ts';
import { KIND, type Component, type SelectOption } from './component-shape.ts';
import { SelectChoice, useSelectOptions } from './components.tsx';
import { FileField } from './file-field.tsx';

const PARAGRAPH_STYLE = 2;
const LONGEST_TEXT = 4_000;

export interface Field {
  input: Component;
  label: string;
  description: string | undefined;
}

/** A label around an input, or the older way: an input in a row, with a label of its own. */
export function readField(part: Component): Field | undefined {
  const input = part.type === KIND.label ? part.component : part.components?.[0];
  if (input?.custom_id === undefined) return undefined;
  return { input, label: part.label ?? input.label ?? '', description: part.description ?? undefined };
}

/** What the form holds for this input; files are kept beside it. */
export function readFieldValue(
  { type, custom_id: name = '' }: Component,
  form: FormData,
  files: readonly PickedFile[],
): ModalValue {
  const texts = form.getAll(name).filter((value): value is string => typeof value === 'string' && value !== '');
  switch (type) {
    case KIND.textInput:
      return texts[0] ?? '';
    case KIND.checkbox:
      return texts.length > 0;
    case KIND.fileUpload:
      return [...files];
    default:
      return texts;
  }
}

export interface FieldViewProps {
  field: Field;
  files: readonly PickedFile[];
  setFiles(files: PickedFile[]): void;
}

export function FieldView(props: FieldViewProps): JSX.Element {
  const { input, label, description } = props.field;
  const id = `field-${input.custom_id}`;
  const describedBy = description === undefined ? undefined : `${id}-description`;
  if (input.type === KIND.checkbox) return <CheckboxField {...props} id={id} describedBy={describedBy} />;
  const isMenu = input.type !== KIND.textInput && input.type !== KIND.fileUpload;
  const isGroup =
    input.type === KIND.radioGroup || input.type === KIND.checkboxGroup || (isMenu && (input.max_values ?? 1) > 1);
  const words = (
    <>
      {label}
      {input.required !== false && (
        <span class="required" aria-hidden="true">
          {' '}
          *
        </span>
      )}
    </>
  );
  const note = description !== undefined && (
    <p id={describedBy} class="field-description" dir="auto">
      {description}
    </p>
  );
  if (isGroup) {
    return (
      <fieldset class="field" {...(describedBy === undefined ? {} : { 'aria-describedby': describedBy })}>
        <legend dir="auto">{words}</legend>
        {note}
        <ChoiceGroup input={input} />
      </fieldset>
    );
  }
  return (
    <div class="field">
      <label for={id} dir="auto">
        {words}
      </label>
      {note}
      <FieldInput {...props} id={id} describedBy={describedBy} />
    </div>
  );
}

interface InputProps extends FieldViewProps {
  id: string;
  describedBy: string | undefined;
}

function FieldInput({ field, files, setFiles, id, describedBy }: InputProps): JSX.Element {
  const { input } = field;
  const common = {
    id,
    name: input.custom_id ?? '',
    required: input.required !== false,
    ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
  };
  if (input.type === KIND.fileUpload) {
    return <FileField upload={input} id={id} files={files} set={setFiles} describedBy={describedBy} />;
  }
  if (input.type !== KIND.textInput) return <FieldSelect input={input} common={common} />;
  const text = {
    ...common,
    dir: 'auto',
    defaultValue: input.value ?? '',
    placeholder: input.placeholder ?? '',
    maxLength: input.max_length ?? LONGEST_TEXT,
    ...(input.min_length === undefined ? {} : { minLength: input.min_length }),
  } as const;
  return input.style === PARAGRAPH_STYLE ? <textarea {...text} rows={5} /> : <input {...text} type="text" />;
}

function FieldSelect({ input, common }: { input: Component; common: { id: string; name: string } }): JSX.Element {
  const options = useSelectOptions(input);
  return (
    <select class="select" {...common}>
      <option value="">{input.placeholder ?? 'Make a selection'}</option>
      {options.map((option) => (
        <SelectChoice key={option.value} option={option} isChosen={option.default === true} />
      ))}
    </select>
  );
}

/** Radio buttons, checkboxes, and a menu that takes several. */
function ChoiceGroup({ input }: { input: Component }): JSX.Element {
  const isRadio = input.type === KIND.radioGroup;
  const options = useSelectOptions(input);
  return (
    <div class="choices">
      {options.map((option) => (
        <label key={option.value} class="choice">
          <input
            type={isRadio ? 'radio' : 'checkbox'}
            name={input.custom_id ?? ''}
            value={option.value}
            defaultChecked={option.default === true}
            required={isRadio && input.required !== false}
          />
          <ChoiceWords option={option} />
        </label>
      ))}
    </div>
  );
}

function ChoiceWords({ option }: { option: SelectOption }): JSX.Element {
  return (
    <span dir="auto">
      {option.label}
      {option.description && <small>{option.description}</small>}
    </span>
  );
}

/** One box: its label stands beside it, and it is never required. */
function CheckboxField({ field, id, describedBy }: InputProps): JSX.Element {
  const { input, label, description } = field;
  return (
    <div class="field">
      <label class="choice" for={id}>
        <input
          id={id}
          type="checkbox"
          name={input.custom_id ?? ''}
          value="true"
          defaultChecked={input.default === true}
          {...(describedBy === undefined ? {} : { 'aria-describedby': describedBy })}
        />
        <span dir="auto">
          {label}
          {description !== undefined && <small id={describedBy}>{description}</small>}
        </span>
      </label>
    </div>
  );
}
