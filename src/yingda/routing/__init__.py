"""Distribution, pure: who waits, who is free, who is offered to whom. No socket, no task, no clock inside.

* `distributor.Distributor` is the one owner of entries, offers, handlings and agent sessions: inputs with `now` in,
  effects out, an `Append` always first. Its parts (`queueing`, `escalating`, `offering`, `handlings`, `desks`) share
  one `floor`.
* `router` decides and owns nothing; `groups` and `pools` say who belongs where, `strategies` who of them comes first,
  `goals` which entry does; `explain` keeps why. `states` holds the agent states with their table; `rules` what a
  centre's document (`document`) means here.
* `recovery.closing_events` closes what a broken run left open.
"""
