// A leader's word to many at once: everybody, a team, a queue. Urgent by default, so it stands on every screen until read.
import { useState } from "react";
import { useSay } from "../i18n";
import { Compose } from "./compose";
import "./messages.css";

export function Broadcast() {
  const say = useSay();
  const [open, setOpen] = useState(false);
  return (
    <span className="broadcast">
      <button type="button" className="button plain" aria-expanded={open} onClick={() => setOpen(!open)}>
        {say("messages.broadcast")}
      </button>
      {open ? (
        <div className="card broadcast-panel">
          <Compose many close={() => setOpen(false)} />
        </div>
      ) : null}
    </span>
  );
}
