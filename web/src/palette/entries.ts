// What Ctrl+K finds: rooms, what the bar offers right now with its keys, colleagues, customers.
import { useQuery } from "@tanstack/react-query";
import { get, post } from "../api/client";
import type { Session } from "../api/types";
import { useSay, useWord, type Say } from "../i18n";
import { preference } from "../ui/preferences";
import { go } from "../ui/router";
import { fits } from "./match";

export interface Entry {
  id: string;
  kind: "room" | "act" | "agent" | "customer" | "look";
  name: string;
  detail: string;
  /** Shown at the right end. */
  hotkey: string;
  run: () => void;
}

/** Pinyin and initials of what this client names itself; people and customers are spelled by the server. */
const SPELLED: Record<string, string> = {
  desk: "gongzuotai gzt", floor: "xianchang xc", contacts: "huihua hh", reports: "baobiao bb", account: "wodezhanghao zhanghao zh", sound: "shengyinjiancha syjc",
  保持: "baochi bc", 取回: "quhui qh", 静音: "jingyin jy", 取消静音: "quxiaojingyin qxjy", 转接: "zhuanjie zj", 键盘: "jianpan jp", 求助: "qiuzhu qz", 转评价: "zhuanpingjia zpj",
  话后示忙: "huahoushimang hhsm", 挂断: "guaduan gd", 接听: "jieting jt", 拒接: "jujie jj", 示闲: "shixian sx", 示忙: "shimang sm", 签入: "qianru qr", 签出: "qianchu qc",
  签入并示忙: "qianrubingshimang qrbsm", 拨打: "boda bd", 延长: "yanchang yc", 完成: "wancheng wc", 切换: "qiehuan qh", 三方: "sanfang sf", 完成转接: "wanchengzhuanjie wczj", 取消求助: "quxiaoqiuzhu qxqz",
};

const MOST = 12;

export function useEntries(session: Session, rooms: readonly string[], typed: string): Entry[] {
  const say = useSay();
  const fixed = [...roomEntries(rooms, session, say), ...actEntries(), ...lookEntries(say)];
  const scored = fixed.flatMap((entry) => {
    const score = fits(typed, entry.name, SPELLED[entry.id] ?? "", SPELLED[entry.name] ?? "");
    return score === null ? [] : [{ entry, score }];
  });
  const people = usePeople(typed, session);
  return [...scored.sort((one, other) => other.score - one.score).map(({ entry }) => entry), ...people].slice(0, MOST);
}

function roomEntries(rooms: readonly string[], session: Session, say: Say): Entry[] {
  const named = rooms.map((room) => ({ id: room, name: say(`rooms.${room}` as "rooms.desk") }));
  const others = [{ id: "account", name: say("menu.account") }, ...(session.agent === null ? [] : [{ id: "sound", name: say("menu.sound") }])];
  return [...named, ...others].map(({ id, name }) => ({ id, kind: "room", name, detail: say("palette.room"), hotkey: "", run: () => go(`/${id}`) }));
}

/** The buttons of the bar as they stand: what is possible now, in the words and with the keys that are shown there. */
function actEntries(): Entry[] {
  return [...document.querySelectorAll<HTMLButtonElement>(".bar-acts button:not([aria-disabled='true'])")].map((button, place) => {
    const hotkey = button.querySelector("kbd")?.textContent ?? "";
    const name = (button.querySelector("span")?.textContent ?? button.textContent ?? "").trim();
    return { id: `act ${place}`, kind: "act", name, detail: "", hotkey, run: () => (button.focus(), button.click()) };
  });
}

function lookEntries(say: Say): Entry[] {
  const theme = preference("theme");
  return (["light", "dark", "system"] as const).map((value) => ({
    id: value, kind: "look", name: say(`menu.${value}`), detail: say("menu.theme"), hotkey: "", run: () => theme.set(value),
  }));
}

interface Found {
  kind: "agent" | "queue" | "flow";
  id: string;
  name: string;
  number: string;
  state: string | null;
}

interface Known {
  customer_id: string;
  name: string;
  grade: string;
  numbers: { number: string }[];
}

/** Colleagues are called, or their contacts shown to who has no desk; of customers the contacts are shown. */
function usePeople(typed: string, session: Session): Entry[] {
  const say = useSay();
  const word = useWord();
  const text = typed.trim();
  const agents = useQuery({
    queryKey: ["targets", text],
    queryFn: ({ signal }) => get<{ items: Found[] }>("/targets", { q: text, limit: MOST }, signal),
    enabled: text !== "",
    placeholderData: (before) => before,
  });
  const customers = useQuery({
    queryKey: ["customers", text],
    queryFn: ({ signal }) => get<{ items: Known[] }>("/customers", { q: text, limit: 5 }, signal),
    enabled: text.length > 1,
    placeholderData: (before) => before,
  });
  if (text === "") return [];
  const people = (agents.data?.items ?? []).filter(({ kind }) => kind === "agent");
  return [
    ...people.map((one): Entry => {
      const call = (): void => void post("/desk/dial", { to: { kind: "agent", id: one.id } }).catch(() => go(`/contacts?agent=${one.id}`));
      const act = session.agent === null ? () => go(`/contacts?agent=${one.id}`) : call;
      const deed = say(session.agent === null ? "palette.contacts" : "palette.call");
      return { id: one.id, kind: "agent", name: `${one.number} ${one.name}`, detail: `${word("state", one.state)} · ${deed}`, hotkey: "", run: act };
    }),
    ...(customers.data?.items ?? []).map((one): Entry => {
      const number = one.numbers[0]?.number ?? "";
      const digits = /[0-9]{4,}$/.exec(number)?.[0] ?? "";
      return { id: one.customer_id, kind: "customer", name: one.name, detail: `${number} · ${say("palette.customer")}`, hotkey: "", run: () => go(`/contacts?number=${digits}`) };
    }),
  ];
}
