"""The ground: storage, time, identity of rows, events, jobs, live updates, files. In: calls of every slice. Out: durable rows and hints."""
