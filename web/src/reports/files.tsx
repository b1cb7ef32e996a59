// A sheet as a file: CSV at once, xlsx with progress and a place to save it from.
import { useState } from "react";
import { address } from "../api/client";
import { useSay, useSentence } from "../i18n";
import { Icon } from "../ui/icons";
import { usePreference } from "../ui/preferences";
import { makeFile, queryText, type Export, type SheetName, type SheetQuery } from "./api";

export function Files({ name, query }: { name: SheetName; query: SheetQuery }) {
  const say = useSay();
  const [language] = usePreference("language");
  return (
    <>
      <a className="button plain" href={`${address(`/reports/sheets/${name}/export.csv`)}?${queryText(query)}&language=${language}`} download>
        <Icon name="save" />
        <span>CSV</span>
      </a>
      <ExcelFile label={say("reports.xlsx")} path={`/reports/sheets/${name}/exports`} body={{ ...query, team: query.team || null, language }} />
    </>
  );
}

export function ExcelFile({ label, path, body }: { label: string; path: string; body: unknown }) {
  const say = useSay();
  const sentence = useSentence();
  const [file, setFile] = useState<Export | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const making = file?.state === "making";
  const make = async (): Promise<void> => {
    if (making) return;
    setFault(null);
    try {
      const made = await makeFile(path, body, setFile);
      setFile(made);
      if (made.state === "failed") setFault(made.sentence);
      else location.assign(address(`/reports/exports/${made.export_id}/file`));
    } catch (error) {
      setFile(null);
      setFault(sentence(error));
    }
  };
  return (
    <span className="act">
      <button type="button" className="button plain" aria-busy={making} onClick={() => void make()}>
        <Icon name="save" />
        <span>{making ? say("reports.making", { done: file.done }) : label}</span>
      </button>
      {making ? <progress max={file.total ?? undefined} value={file.total === null ? undefined : file.done} /> : null}
      {fault === null ? null : (
        <span className="refusal" role="alert">
          {fault}
        </span>
      )}
    </span>
  );
}
