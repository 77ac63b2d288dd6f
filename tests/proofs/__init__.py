"""The inequalities and identities of docs/sharper.md, decided exactly: one file for each group of its sections."""
