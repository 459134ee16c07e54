"""What ``make demo`` runs: the sandbox, Airflow, and a small hiring story that the hourly DAG works through."""
