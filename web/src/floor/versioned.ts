// What is changed by a form on the floor and is in force at once: read, changed, put; refused if somebody else was faster.
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal, get, put } from "../api/client";
import { useSentence } from "../i18n";

export interface Versioned<Had, Order> {
  query: UseQueryResult<Had>;
  /** Somebody else was faster: what stands there now is shown, with this sentence, and is changed from there. */
  moved: string | null;
  save: (order: Order) => Promise<void>;
}

export function useVersioned<Had, Order>(path: string, done: () => void): Versioned<Had, Order> {
  const query = useQuery({ queryKey: ["versioned", path], queryFn: ({ signal }) => get<Had>(path, {}, signal), gcTime: 0, staleTime: 0 });
  const [moved, setMoved] = useState<string | null>(null);
  const sentence = useSentence();
  const save = async (order: Order): Promise<void> => {
    setMoved(null);
    try {
      await put(path, order);
    } catch (failure) {
      if (!(failure instanceof Refusal) || failure.code !== "config_stale") throw failure;
      await query.refetch();
      setMoved(sentence(failure));
      return;
    }
    done();
  };
  return { query, moved, save };
}
