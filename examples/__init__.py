"""The library in use: scripts to be read and run."""
