// Customers as the server gives them, and the pop of a contact in hand.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put } from "../api/client";
import type { Micros } from "../api/types";

export interface Customer {
  customer_id: string;
  name: string;
  grade: string;
  tags: string[];
  note: string;
  fields: Record<string, string>;
  numbers: { number_id: string; number: string; label: string }[];
  version: number;
  changed: Micros;
}

export interface PastContact {
  interaction_id: string;
  medium: string;
  direction: string;
  started: Micros;
  outcome: string | null;
  queue_name: string | null;
  agent_number: string | null;
  agent_name: string | null;
  talking_us: number;
  codes: string[];
  note: string | null;
  opens: boolean;
}

export interface Pop {
  interaction_id: string;
  number: string | null;
  region: string;
  customer: Customer | null;
  contacts_30_days: number;
  last_agent_number: string | null;
  recent: PastContact[];
  url: string | null;
}

/** What people write of a customer. */
export type Draft = Pick<Customer, "name" | "grade" | "tags" | "note" | "fields">;

const keyOf = (interactionId: string): string[] => ["pop", interactionId];

/** Without a contact nothing is asked. */
export function usePop(interactionId: string | undefined) {
  return useQuery({
    queryKey: keyOf(interactionId ?? ""),
    queryFn: ({ signal }) => get<Pop>(`/pop/${encodeURIComponent(interactionId ?? "")}`, {}, signal),
    enabled: interactionId !== undefined,
    staleTime: 60_000,
    retry: 2,
  });
}

/** Saves a customer of a contact: a new one gets its number. What the page shows follows. */
export function useSaving(pop: Pop): (draft: Draft) => Promise<void> {
  const queries = useQueryClient();
  return async (draft) => {
    const { customer } = pop;
    if (customer === null) await post("/customers", { ...draft, interaction_id: pop.interaction_id });
    else await put(`/customers/${customer.customer_id}`, { ...draft, version: customer.version });
    await queries.invalidateQueries({ queryKey: keyOf(pop.interaction_id) });
  };
}
