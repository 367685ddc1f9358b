"""What titles are made of: evidence that may be shown (`clues`), in the words of a language (`evidence`, `wording`)."""
