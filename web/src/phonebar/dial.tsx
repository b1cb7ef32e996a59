// The dial field of an idle agent: a number, or a colleague by name. F2 comes here, Enter calls.
import { useRef, useState } from "react";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act, useDeed } from "../ui/act";
import { useKey } from "../ui/keys";
import { usePickedNumber } from "../ui/picked";
import { ordersOf } from "./orders";
import { TargetList, useChosen, useTargets } from "./targets";

export function DialField({ agent, why }: { agent: AgentDoc; why: string | null }) {
  const say = useSay();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const targets = useTargets(text, ["agent", "number"]);
  const [chosen, choose, move] = useChosen(targets.length);
  const target = targets[chosen];
  const call = async (): Promise<void> => {
    if (target === undefined || target.kind === "flow") return;
    await ordersOf(agent.id)("dial", { to: { kind: target.kind, id: target.id } });
    setText("");
    setOpen(false);
  };
  const { run, refusal } = useDeed(call);
  const picked = usePickedNumber();
  const take = (number: string | null): void => {
    if (number !== null) setText(number);
    setOpen(number !== null);
    field.current?.focus();
  };
  useKey("F2", () => take(picked));
  const blank = text.trim() === "";
  return (
    <form
      className="dial"
      onSubmit={(event) => {
        event.preventDefault();
        if (!blank && why === null) void run();
      }}
    >
      <span className="dial-field">
        <input
          ref={field}
          value={text}
          maxLength={32}
          aria-label={say("dial.field")}
          placeholder={say("dial.hint")}
          onChange={(event) => (setText(event.target.value), setOpen(true))}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={(event) => (event.key === "Escape" ? setOpen(false) : move(event))}
        />
        {open && !blank ? <TargetList targets={targets} chosen={chosen} choose={(index) => (choose(index), field.current?.focus())} /> : null}
        {refusal === null ? null : (
          <span className="refusal" role="alert">
            {refusal}
          </span>
        )}
      </span>
      {picked === null || picked === text ? null : (
        <button type="button" className="button quiet dial-picked" onMouseDown={(event) => event.preventDefault()} onClick={() => take(picked)}>
          {say("dial.picked", { number: picked })}
          <kbd>F2</kbd>
        </button>
      )}
      <Act label={say("dial.act")} doing={say("dial.acting")} act={call} why={why ?? (blank ? say("dial.empty") : target === undefined ? say("dial.nobody") : null)} />
    </form>
  );
}
