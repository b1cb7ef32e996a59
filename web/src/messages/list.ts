// The messages that came, asked for once for all parts of this room, and again whenever the feed tells of a change.
import type { Rest } from "@yingda/desk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { get } from "../api/client";
import type { Session } from "../api/types";
import { useFeed } from "../feed";

export type Message = Rest.MessageOut;

const KEY = ["messages"];
const SHOWN = 20;

/** The query, and how to ask again. */
export function useMessages(session: Session) {
  const queries = useQueryClient();
  const notice = useFeed((docs) => docs.messages[session.user.id]);
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => get<Rest.MessagePage>("/messages", { limit: SHOWN }, signal),
    refetchInterval: 60_000,
  });
  const again = (): void => void queries.invalidateQueries({ queryKey: KEY });
  useEffect(again, [notice]);
  return { query, again };
}
