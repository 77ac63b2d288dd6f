"""The compiled engine: it records what a step does, compiles the recording, and runs it; bit for bit the reference."""
