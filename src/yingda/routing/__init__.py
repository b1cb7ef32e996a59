"""Distribution, pure: who waits, who is free, who is offered to whom. No socket, no task, no clock inside."""
