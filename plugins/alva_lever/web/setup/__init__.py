"""The page `set-up`: access, options, webhooks, pool and DAGs."""
