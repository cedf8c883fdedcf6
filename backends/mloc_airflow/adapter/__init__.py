"""What the tasks of an Airflow bundle call; copied into every bundle, where `mloc.runner` is the bundle's own copy."""
