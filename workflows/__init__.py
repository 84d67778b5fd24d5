"""The floor of processes: the engine room, the inbox, running cases, the studio. Stands above the business and calls it."""
