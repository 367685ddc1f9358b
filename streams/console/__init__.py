"""The console: a page a PR team keeps open, and its API. A process of its own; all it shows is read from Kafka."""
