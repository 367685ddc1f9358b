"""The Faust agents: thin. Each decodes, calls one pure method and publishes."""
