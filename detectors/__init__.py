"""The brain of badbuzz: pure functions of what they are given. No I/O, no asyncio, no clock."""
