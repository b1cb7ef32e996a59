"""`make -s bench-routing`: how fast a decision is in a large centre, and that it is the right one.

One JSON object a size. The world: 500 skills, 3–8 of them an agent, 200 queues, 5,000 waiting, a fifth of the entries
with expressions of their own, three queues of ten in score mode, 92 % of the agents busy. Every input goes through the
production distributor; a slow plain oracle (`yingda.sim.oracle`) repeats one decision in a hundred.
"""
