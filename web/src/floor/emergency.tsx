// The emergency announcement (紧急公告): everybody who waits in these queues hears it first, until its end.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { desk, get } from "../api/client";
import { useSay } from "../i18n";
import { preference } from "../ui/preferences";
import { Act } from "../ui/act";
import { Choice } from "../ui/choice";
import { Cancel, Duration, useNames, type DeedProps } from "./deed";

type Source = "own" | "text" | "file";

const HOUR_S = 3_600;

export function EmergencyForm({ queues, done }: DeedProps) {
  const say = useSay();
  const names = useNames(queues);
  const [source, choose] = useState<Source>("text");
  const [text, setText] = useState("");
  const [file, setFile] = useState("");
  const [seconds, setSeconds] = useState(HOUR_S);
  const files = useFiles();
  const words = source === "text" ? { say: text.trim(), language: preference("language").get() === "en" ? ("en" as const) : ("zh" as const) } : {};
  const chosen = file || (files[0] ?? "");
  const why = source === "text" && text.trim() === "" ? say("floor.text_missing") : source === "file" && chosen === "" ? say("floor.no_files") : null;
  const act = async (): Promise<void> => {
    const order = { seconds, ...words, ...(source === "file" ? { file: chosen } : {}) };
    await Promise.all(queues.map((queue) => desk.floor.emergency(queue.id, true, order)));
    done();
  };
  return (
    <footer className="floor-acts floor-form" role="group" aria-label={say("floor.emergency")}>
      <span>{say("floor.emergency_ask", { queues: names })}</span>
      <Choice label={say("floor.source")} value={source} onChange={choose} options={(["text", "file", "own"] as const).map((value) => ({ value, label: say(`floor.source_${value}`) }))} />
      {source === "text" ? (
        <input className="grow" value={text} maxLength={500} placeholder={say("floor.text_hint")} aria-label={say("floor.source_text")} onChange={(event) => setText(event.target.value)} autoFocus />
      ) : null}
      {source === "file" ? (
        <select className="grow" aria-label={say("floor.source_file")} value={chosen} onChange={(event) => setFile(event.target.value)}>
          {files.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : null}
      <Duration seconds={seconds} choose={setSeconds} />
      <Act label={say("floor.emergency_start")} doing={say("floor.acting")} kind="primary" why={why} act={act} />
      <Cancel done={done} />
    </footer>
  );
}

function useFiles(): string[] {
  const query = useQuery({
    queryKey: ["announcements"],
    queryFn: ({ signal }) => get<{ files: string[] }>("/floor/announcements", {}, signal),
  });
  return query.data?.files ?? [];
}
