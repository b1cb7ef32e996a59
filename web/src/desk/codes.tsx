// Disposition codes (小结码): free words as long as the centre has no list; those used lately are one click away.
import { useId, useState } from "react";
import { useSay } from "../i18n";

const LONGEST = 64;
const MOST = 20;

interface CodesProps {
  codes: string[];
  known: string[];
  change: (codes: string[]) => void;
}

export function Codes({ codes, known, change }: CodesProps) {
  const say = useSay();
  const id = useId();
  const [text, setText] = useState("");
  const add = (code: string): void => {
    const clean = code.trim();
    if (clean !== "" && !codes.includes(clean) && codes.length < MOST) change([...codes, clean]);
    setText("");
  };
  const others = known.filter((code) => !codes.includes(code));
  return (
    <div className="codes-field">
      <label className="choice-label" htmlFor={id}>
        {say("summary.codes")}
      </label>
      <div className="codes">
        {codes.map((code) => (
          <button key={code} type="button" className="code chosen" aria-label={say("summary.remove", { code })} onClick={() => change(codes.filter((each) => each !== code))}>
            {code} <span aria-hidden="true">×</span>
          </button>
        ))}
        <input
          id={id}
          value={text}
          maxLength={LONGEST}
          placeholder={say("summary.codes_hint")}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => add(text)}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "Enter" && !event.ctrlKey) {
              event.preventDefault();
              add(text);
            }
            if (event.key === "Backspace" && text === "" && codes.length > 0) change(codes.slice(0, -1));
          }}
        />
        {others.length === 0 ? null : <span className="codes-known">{say("summary.recent")}</span>}
        {others.map((code) => (
          <button key={code} type="button" className="code" onClick={() => add(code)}>
            {code}
          </button>
        ))}
      </div>
    </div>
  );
}
