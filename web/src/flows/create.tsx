// A new flow: empty, from one of the ready flows, or from a file.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { usePreference } from "../ui/preferences";
import { Act } from "../ui/act";
import { go } from "../ui/router";
import { useTemplates } from "./api";

const EMPTY = "";

export function Create({ close }: { close: () => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const [own] = usePreference("language");
  const templates = useTemplates();
  const [language, setLanguage] = useState<"zh-CN" | "en">(own);
  const [template, setTemplate] = useState(EMPTY);
  const [name, setName] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const offered = (templates.data ?? []).filter((one) => one.language === language);
  const create = async (): Promise<void> => {
    const text = file === null ? "" : await file.text();
    const body = { name: name.trim(), language, template: file === null ? template : "", text, tests: "" };
    const made = await desk.http.call("create_flow_document", { body });
    void queries.invalidateQueries({ queryKey: ["flows"] });
    queries.setQueryData(["flow", made.document_id], made);
    go(`/flows/${made.document_id}`);
  };
  const choose = (chosen: string): void => {
    setTemplate(chosen);
    if (name === "" || offered.some((one) => one.template === name)) setName(chosen);
  };
  return (
    <form className="flows-new card" aria-label={say("flows.new")} onSubmit={(event) => event.preventDefault()}>
      <label>
        {say("flows.language")}
        <select value={language} onChange={(event) => { setLanguage(event.target.value as "zh-CN" | "en"); setTemplate(EMPTY); }}>
          <option value="zh-CN">中文</option>
          <option value="en">English</option>
        </select>
      </label>
      <label>
        {say("flows.begin_with")}
        <select value={template} disabled={file !== null} onChange={(event) => choose(event.target.value)}>
          <option value={EMPTY}>{say("flows.begin_empty")}</option>
          {offered.map((one) => (
            <option key={one.template} value={one.template}>
              {one.description}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("flows.file")}
        <input type="file" accept=".vxml,.xml" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
      </label>
      <label>
        {say("flows.name")}
        <input autoFocus value={name} maxLength={64} placeholder="service/menu.vxml" onChange={(event) => setName(event.target.value)} />
      </label>
      <span className="flows-new-acts">
        <Act type="submit" kind="primary" label={say("flows.create")} doing={say("flows.creating")} act={create} why={name.trim() === "" ? say("flows.name_needed") : null} />
        <button type="button" className="button quiet" onClick={close}>
          {say("common.cancel")}
        </button>
      </span>
    </form>
  );
}
