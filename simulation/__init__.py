"""Algorithm 1 over batches of runs, and what is measured along them."""
