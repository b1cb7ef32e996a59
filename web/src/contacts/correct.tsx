// Putting a contact right (更正), for leaders: codes, resolved, call type, test. A reason is always asked for.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../api/client";
import type { CallDetail } from "../api/types";
import { useSay } from "../i18n";
import { Act } from "../ui/act";

type Field = "codes" | "resolved" | "call_type" | "test";
const OF_HANDLING: readonly Field[] = ["codes", "resolved"];
const LEAST_REASON = 3;
const LATER_MS = 1_500;

export function Correct({ call }: { call: CallDetail }) {
  const say = useSay();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const fields: Field[] = call.handlings.length > 0 ? ["codes", "resolved", "call_type", "test"] : ["call_type", "test"];
  const [field, setField] = useState<Field>(fields[0] ?? "test");
  const [handlingId, setHandlingId] = useState(call.handlings[0]?.handling_id ?? "");
  const [text, setText] = useState("");
  const [choice, setChoice] = useState("");
  const [reason, setReason] = useState("");
  if (!open) {
    return (
      <button type="button" className="button plain" onClick={() => setOpen(true)}>
        {say("correct.open")}
      </button>
    );
  }
  const bool = choice === "yes" ? true : choice === "no" ? false : null;
  const after = field === "codes" ? text.split(/[,，、\s]+/).filter(Boolean) : field === "call_type" ? text.trim() : bool;
  const unset = field === "test" ? bool === null : field === "call_type" ? text.trim() === "" : false;
  const why = unset ? say("correct.value_missing") : reason.trim().length < LEAST_REASON ? say("correct.reason_missing") : null;
  const save = async (): Promise<void> => {
    const part = OF_HANDLING.includes(field) ? { handling_id: handlingId } : {};
    await post(`/calls/${call.interaction_id}/corrections`, { field, after, reason: reason.trim(), ...part });
    setOpen(false);
    // The books take it up within a moment.
    setTimeout(() => void client.invalidateQueries({ queryKey: ["call", call.interaction_id] }), LATER_MS);
  };
  return (
    <form className="correct" onSubmit={(event) => event.preventDefault()}>
      <label className="field">
        <span>{say("correct.field")}</span>
        <select value={field} onChange={(event) => setField(event.target.value as Field)}>
          {fields.map((each) => (
            <option key={each} value={each}>
              {say(`correct.${each}`)}
            </option>
          ))}
        </select>
      </label>
      {OF_HANDLING.includes(field) && call.handlings.length > 1 ? (
        <label className="field">
          <span>{say("contacts.agent")}</span>
          <select value={handlingId} onChange={(event) => setHandlingId(event.target.value)}>
            {call.handlings.map((each) => (
              <option key={each.handling_id} value={each.handling_id}>
                {each.agent_number} {each.agent_name}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {field === "codes" || field === "call_type" ? (
        <label className="field">
          <span>{say(field === "codes" ? "correct.codes_hint" : "correct.call_type")}</span>
          <input value={text} maxLength={200} onChange={(event) => setText(event.target.value)} />
        </label>
      ) : (
        <label className="field">
          <span>{say(`correct.${field}`)}</span>
          <select value={choice} onChange={(event) => setChoice(event.target.value)}>
            <option value="">{say("summary.open")}</option>
            <option value="yes">{say("summary.yes")}</option>
            <option value="no">{say("summary.no")}</option>
          </select>
        </label>
      )}
      <label className="field wide">
        <span>{say("correct.reason")}</span>
        <input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </label>
      <span className="correct-acts">
        <Act label={say("correct.save")} doing={say("correct.saving")} act={save} why={why} kind="primary" />
        <button type="button" className="button quiet" onClick={() => setOpen(false)}>
          {say("common.close")}
        </button>
      </span>
    </form>
  );
}
