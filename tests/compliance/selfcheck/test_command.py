"""The command: one page with report and evidence, a list that survives a kill, what got worse, a sign in a photo."""
