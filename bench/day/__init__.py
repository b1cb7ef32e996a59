"""`make -s bench-day`: 10,000 calls, 100 agents through the production distributor, with explain off and on."""
