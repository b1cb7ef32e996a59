// What an agent serves and can, changed on the spot (调整技能): in force for the next call, until it is changed again.
import type { Rest } from "@yingda/desk";
import { useState } from "react";
import { useCollection } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Failure, Skeleton } from "../ui/waiting";
import { Cancel } from "./deed";
import { useVersioned } from "./versioned";

const LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function SkillsForm({ agent, done }: { agent: AgentDoc; done: () => void }) {
  const say = useSay();
  const { query, moved, save } = useVersioned<Rest.AgentSkills, Rest.SkillsOrder>(`/floor/agents/${agent.id}/skills`, done);
  return (
    <footer className="floor-acts floor-form floor-skills" role="group" aria-label={say("floor.skills")}>
      <strong>{say("floor.skills_of", { who: `${agent.number} ${agent.name}` })}</strong>
      {query.isPending ? <Skeleton rows={2} /> : null}
      {query.isError ? <Failure what={say("floor.skills_failed")} error={query.error} again={() => void query.refetch()} /> : null}
      {query.data === undefined ? null : <Choices key={query.data.version} had={query.data} save={save} />}
      {moved === null ? null : (
        <span className="refusal" role="alert">
          {moved}
        </span>
      )}
      <Cancel done={done} />
    </footer>
  );
}

interface ChoicesProps {
  had: Rest.AgentSkills;
  save: (order: Rest.SkillsOrder) => Promise<void>;
}

function Choices({ had, save }: ChoicesProps) {
  const say = useSay();
  const queues = Object.values(useCollection("queues")).sort((one, other) => one.name.localeCompare(other.name));
  const [served, setServed] = useState<ReadonlySet<string>>(new Set(had.queues));
  const [levels, setLevels] = useState<Record<string, number>>(Object.fromEntries(had.skills.map(({ skill, level }) => [skill, level])));
  const serve = (id: string): void => {
    const next = new Set(served);
    if (!next.delete(id)) next.add(id);
    setServed(next);
  };
  const act = async (): Promise<void> => {
    const skills = Object.entries(levels).flatMap(([skill, level]) => (level > 0 ? [{ skill, level }] : []));
    await save({ version: had.version, queues: [...served], skills });
  };
  return (
    <>
      <span className="floor-choices">
        {queues.map((queue) => (
          <label key={queue.id}>
            <input type="checkbox" checked={served.has(queue.id)} onChange={() => serve(queue.id)} /> {queue.name}
          </label>
        ))}
      </span>
      <span className="floor-choices">
        {had.known_skills.map((skill) => (
          <label key={skill}>
            {skill}{" "}
            <select value={levels[skill] ?? 0} onChange={(event) => setLevels({ ...levels, [skill]: Number(event.target.value) })}>
              <option value={0}>{say("floor.no_skill")}</option>
              {LEVELS.map((level) => (
                <option key={level} value={level}>
                  {say("floor.level", { level })}
                </option>
              ))}
            </select>
          </label>
        ))}
      </span>
      <Act label={say("floor.skills_save")} doing={say("floor.acting")} kind="primary" act={act} />
    </>
  );
}
