// Choosing another password. Every other session of the user ends with it.
import { useState } from "react";
import { put } from "../api/client";
import { readAgain } from "../api/session";
import { useSay } from "../i18n";
import { Act } from "../ui/act";

const BLANK = { current: "", chosen: "", again: "" };

export function Password({ done }: { done: () => void }) {
  const say = useSay();
  const [typed, setTyped] = useState(BLANK);
  const [changed, setChanged] = useState(false);
  const save = async (): Promise<void> => {
    await put("/account/password", { current: typed.current, new: typed.chosen });
    setTyped(BLANK);
    setChanged(true);
    await readAgain();
    done();
  };
  const blank = typed.current === "" || typed.chosen === "";
  const why = blank ? say("account.fill_in") : typed.chosen === typed.again ? null : say("account.differ");
  const field = (name: keyof typeof BLANK, autoComplete: string) => (
    <>
      <label htmlFor={`password-${name}`}>{say(`account.${name}`)}</label>
      <input
        id={`password-${name}`}
        type="password"
        value={typed[name]}
        autoComplete={autoComplete}
        maxLength={256}
        onChange={(event) => (setChanged(false), setTyped({ ...typed, [name]: event.target.value }))}
      />
    </>
  );
  return (
    <section className="card">
      <h2>{say("account.password")}</h2>
      <p>{say("account.password_hint")}</p>
      <form onSubmit={(event) => event.preventDefault()}>
        {field("current", "current-password")}
        {field("chosen", "new-password")}
        {field("again", "new-password")}
        <footer>
          <Act label={say("account.change")} doing={say("account.changing")} act={save} kind="primary" why={why} type="submit" />{" "}
          <span role="status">{changed ? `✓ ${say("account.changed")}` : ""}</span>
        </footer>
      </form>
    </section>
  );
}
