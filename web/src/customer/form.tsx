// The form of a customer record. What was typed stays until it is saved or given up; a refusal stands under its button.
import { useState } from "react";
import type { CustomerField, Session } from "../api/types";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { useSaving, type Draft, type Pop } from "./queries";

const BLANK: Draft = { name: "", grade: "", tags: [], note: "", fields: {} };

interface FormProps {
  pop: Pop;
  card: Session["centre"]["customers"];
  close: () => void;
}

export function CustomerForm({ pop, card, close }: FormProps) {
  const say = useSay();
  const save = useSaving(pop);
  const { name, grade, tags, note, fields } = pop.customer ?? BLANK;
  const [draft, setDraft] = useState<Draft>({ name, grade, tags, note, fields });
  const [typedTags, setTypedTags] = useState(tags.join(" "));
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = async (): Promise<void> => {
    await save({ ...draft, name: draft.name.trim(), tags: typedTags.split(/[\s,，、]+/).filter(Boolean) });
    close();
  };
  return (
    <form className="customer-form" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span>{say("customer.name")}</span>
        <input value={draft.name} maxLength={128} autoFocus onChange={(event) => change({ name: event.target.value })} />
      </label>
      <label>
        <span>{say("customer.grade")}</span>
        <Select value={draft.grade} options={card.grades} change={(value) => change({ grade: value })} />
      </label>
      <label>
        <span>{say("customer.tags")}</span>
        <input value={typedTags} maxLength={400} placeholder={say("customer.tags_hint")} onChange={(event) => setTypedTags(event.target.value)} />
      </label>
      {card.fields.map((field) => (
        <label key={field.key}>
          <span>{field.label}</span>
          <Field field={field} value={draft.fields[field.key] ?? ""} change={(value) => change({ fields: { ...draft.fields, [field.key]: value } })} />
        </label>
      ))}
      <label className="wide">
        <span>{say("customer.note")}</span>
        <textarea rows={2} maxLength={4000} value={draft.note} onChange={(event) => change({ note: event.target.value })} />
      </label>
      <footer className="wide">
        <Act label={say("customer.save")} doing={say("customer.saving")} act={act} kind="primary" type="submit" why={draft.name.trim() === "" ? say("customer.needs_name") : null} />
        <button type="button" className="button quiet" onClick={close}>
          {say("customer.discard")}
        </button>
      </footer>
    </form>
  );
}

function Select({ value, options, change }: { value: string; options: string[]; change: (value: string) => void }) {
  return (
    <select value={value} onChange={(event) => change(event.target.value)}>
      {["", ...options].map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

function Field({ field, value, change }: { field: CustomerField; value: string; change: (value: string) => void }) {
  if (field.kind === "choice") return <Select value={value} options={field.choices} change={change} />;
  const type = field.kind === "date" ? "date" : "text";
  return <input type={type} inputMode={field.kind === "number" ? "decimal" : undefined} value={value} maxLength={1000} onChange={(event) => change(event.target.value)} />;
}
