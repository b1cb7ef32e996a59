"""Messages between seats (CTI-23, COL-08): normal or urgent, to people, teams, queues or everybody, with a deputy."""
