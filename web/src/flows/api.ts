// Flow documents as the server keeps them: the list, one document with its draft, its versions, and what answers a text.
import type { Rest } from "@yingda/desk";
import { useQuery } from "@tanstack/react-query";
import { desk } from "../api/client";

export type DocumentHead = Rest.DocumentOut;
export type FlowDocument = Rest.DocumentText;
export type Finding = Rest.FindingOut;
export type Version = Rest.VersionOut;
export type Step = Rest.StepOut;
export type Outcome = Rest.OutcomeOut;
export type Verdict = Rest.VerdictOut;
export type Element = Rest.ElementOut;
export type Diff = Rest.DiffOut;
export type Outline = Rest.OutlineOut;
export type Part = Finding["part"];

/** A place in a draft: in its flow or its tests. */
export interface At {
  part: Part;
  line: number;
  column?: number;
}

/** What stands in the editor. */
export interface Written {
  text: string;
  tests: string;
}

export function useDocuments(q: string) {
  return useQuery({
    queryKey: ["flows", q],
    queryFn: ({ signal }) => desk.http.call("list_flow_documents", { query: { q }, signal }),
    placeholderData: (before) => before,
    retry: false,
  });
}

export function useDocument(id: string) {
  return useQuery({
    queryKey: ["flow", id],
    queryFn: ({ signal }) => desk.http.call("read_flow_document", { path: { document_id: id }, signal }),
    staleTime: Infinity,
    retry: false,
  });
}

export function useTemplates() {
  return useQuery({
    queryKey: ["flow-templates"],
    queryFn: ({ signal }) => desk.http.call("list_flow_templates", { signal }),
    staleTime: Infinity,
  });
}

/** Every element of VoiceXML, for completion; it changes with the program only. */
export function useCatalogue() {
  return useQuery({
    queryKey: ["flow-catalogue"],
    queryFn: ({ signal }) => desk.http.call("read_flow_catalogue", { signal }),
    staleTime: Infinity,
  });
}

export function useVersions(id: string, published: number) {
  return useQuery({
    queryKey: ["flow-versions", id, published],
    queryFn: ({ signal }) => desk.http.call("list_flow_versions", { path: { document_id: id }, signal }),
  });
}

/** before, after: numbers of versions; before 0: nothing, after 0: the draft of this revision. around: unchanged lines. */
export function useDiff(id: string, before: number, after: number, revision: number, around = 3) {
  return useQuery({
    queryKey: ["flow-diff", id, before, after, after === 0 ? revision : 0, around],
    queryFn: ({ signal }) => desk.http.call("compare_flow_versions", { path: { document_id: id }, query: { before, after, around }, signal }),
  });
}

export function check(name: string, written: Written, signal?: AbortSignal): Promise<Rest.Findings> {
  const body = { name, ...written };
  return desk.http.call("check_flow_text", { body, ...(signal === undefined ? {} : { signal }) });
}

export function judge(name: string, written: Written): Promise<Verdict> {
  return desk.http.call("run_flow_tests", { body: { name, ...written } });
}
