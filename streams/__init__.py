"""Everything of badbuzz that touches the outside: Kafka, files, people, the clock."""
